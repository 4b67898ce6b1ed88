import { environment } from '#config';

interface Described {
  desc?: string;
  default?: unknown;
  choices?: readonly unknown[];
}

/** docs/configuration.md: every variable with its default, as libs/config describes it. */
export function configurationTable(): string {
  const sections = Object.entries(environment).map(([concern, variables]) => {
    const rows = Object.entries(variables).map(([name, spec]) => row(name, spec));
    return [`## ${concern}`, '', '| variable | default | meaning |', '| --- | --- | --- |', ...rows, ''].join(
      '\n',
    );
  });
  const intro = '<!-- Written by `npm run docs` from libs/config/src/environment.ts: change it there. -->';
  return [
    '# Configuration',
    '',
    intro,
    '',
    'Read once from the environment at start. A wrong or missing variable ends the process with a list of all that is wrong.',
    '',
    ...sections,
  ].join('\n');
}

function row(name: string, spec: Described): string {
  const fallback = !('default' in spec)
    ? '**required**'
    : String(spec.default) === ''
      ? 'not set'
      : `\`${String(spec.default)}\``;
  const choices = spec.choices
    ? ` One of ${spec.choices.map((choice) => `\`${String(choice)}\``).join(', ')}.`
    : '';
  return `| \`${name}\` | ${fallback} | ${spec.desc ?? ''}${choices} |`;
}
