import { readFileSync } from 'node:fs';

const NAMES = [
  'GATEWAY_URL',
  'GATEWAY_KEY',
  'ADMIN_API_KEY',
  'WORKSPACE_ID',
  'DATABASE_URL',
  'REDIS_URL',
] as const;

/** What scripts need to use the running demo. */
export type DemoEnv = Readonly<Record<(typeof NAMES)[number], string>>;

/** `KEY='value'` lines that a POSIX shell can source. */
export function renderEnv(env: DemoEnv): string {
  return NAMES.map((name) => `${name}='${env[name].replaceAll("'", `'\\''`)}'\n`).join('');
}

/** Reads what renderEnv wrote. Undefined when the file is not there or not whole. */
export function parseEnv(text: string): DemoEnv | undefined {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, quoted] = /^(\w+)='(.*)'$/.exec(line) ?? [];
    if (name && quoted !== undefined) found.set(name, quoted.replaceAll(`'\\''`, "'"));
  }
  const value = (name: (typeof NAMES)[number]): string => found.get(name) ?? '';
  if (!value('GATEWAY_KEY') || !value('WORKSPACE_ID')) return undefined;
  return {
    GATEWAY_URL: value('GATEWAY_URL'),
    GATEWAY_KEY: value('GATEWAY_KEY'),
    ADMIN_API_KEY: value('ADMIN_API_KEY'),
    WORKSPACE_ID: value('WORKSPACE_ID'),
    DATABASE_URL: value('DATABASE_URL'),
    REDIS_URL: value('REDIS_URL'),
  };
}

/** The demo's environment file, if a start has written one. */
export function readDemoEnv(path: string): DemoEnv | undefined {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
