/** What can be read. */
export const fileFormats = ['pdf', 'docx', 'html', 'markdown', 'text', 'code'] as const;

export type FileFormat = (typeof fileFormats)[number];

const byMediaType: Readonly<Record<string, FileFormat>> = {
  'application/pdf': 'pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'text/markdown': 'markdown',
  'text/x-markdown': 'markdown',
};

const byExtension: Readonly<Record<string, FileFormat>> = {
  pdf: 'pdf',
  docx: 'docx',
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  md: 'markdown',
  markdown: 'markdown',
  mdx: 'markdown',
  txt: 'text',
  text: 'text',
  log: 'text',
  csv: 'text',
  tsv: 'text',
  rst: 'text',
};

const languages: Readonly<Record<string, string>> = {
  c: 'C',
  h: 'C',
  cc: 'C++',
  cpp: 'C++',
  hpp: 'C++',
  cs: 'C#',
  css: 'CSS',
  dart: 'Dart',
  ex: 'Elixir',
  exs: 'Elixir',
  go: 'Go',
  java: 'Java',
  cjs: 'JavaScript',
  js: 'JavaScript',
  jsx: 'JavaScript',
  mjs: 'JavaScript',
  json: 'JSON',
  kt: 'Kotlin',
  lua: 'Lua',
  php: 'PHP',
  pl: 'Perl',
  ps1: 'PowerShell',
  py: 'Python',
  r: 'R',
  rb: 'Ruby',
  rs: 'Rust',
  scala: 'Scala',
  bash: 'Shell',
  sh: 'Shell',
  sql: 'SQL',
  swift: 'Swift',
  tf: 'Terraform',
  toml: 'TOML',
  cts: 'TypeScript',
  mts: 'TypeScript',
  ts: 'TypeScript',
  tsx: 'TypeScript',
  vue: 'Vue',
  xml: 'XML',
  yaml: 'YAML',
  yml: 'YAML',
};

/** The programming language of a file, by its extension. */
export const languageOf = (filename: string): string | undefined => own(languages, extensionOf(filename));

/**
 * How a file is to be read: as its media type says, else its extension; an unknown `text/…` as plain text.
 * @returns undefined for what nobody here can read
 */
export function formatOf(filename: string, mediaType: string | undefined): FileFormat | undefined {
  const type = mediaType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const format = own(byMediaType, type);
  if (format) return format;
  const extension = extensionOf(filename);
  if (own(languages, extension)) return 'code';
  return own(byExtension, extension) ?? (type.startsWith('text/') ? 'text' : undefined);
}

/** The `charset` of a media type, in lower case. */
export const charsetOf = (mediaType: string | undefined): string | undefined =>
  /;\s{0,9}charset="?([\w.:-]{1,40})/i.exec(mediaType ?? '')?.[1]?.toLowerCase();

const extensionOf = (filename: string): string =>
  /\.([a-z0-9]{1,10})$/i.exec(filename)?.[1]?.toLowerCase() ?? '';

const own = <Value>(map: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;
