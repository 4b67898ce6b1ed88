/** What a reader of the page does not read: programs, styles, pictures, controls. */
const unread = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'svg',
  'math',
  'iframe',
  'object',
  'canvas',
  'audio',
  'video',
  'button',
  'select',
  'datalist',
  'textarea',
  'dialog',
]);

/** Whether an element and all in it stays unseen, by its name or its own attributes; style sheets are not looked at. */
export function isHidden(name: string, attributes: Record<string, string>): boolean {
  const { style = '', hidden } = attributes;
  return (
    unread.has(name) ||
    hidden !== undefined ||
    attributes['aria-hidden'] === 'true' ||
    /(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)/i.test(style)
  );
}
