/** How a text is split: where its paragraphs, its headings or its definitions begin. */
export const textFormats = ['text', 'markdown', 'code'] as const;

export type TextFormat = (typeof textFormats)[number];
