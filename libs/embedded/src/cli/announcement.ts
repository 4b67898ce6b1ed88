import type { SupervisorStatus } from '../supervisor/supervisor.js';
import { say } from './console.js';
import { type CommandContext, urlOf } from './context.js';
import { readDemoEnv } from './demo-env.js';

const DEMO_MODEL = 'demo/echo-with-context';
const REAL_MODEL = 'openrouter/auto';

/** What a start says at its end. The key is shown on the run that made it, later only where it is kept. */
export function announce({ layout }: CommandContext, status: SupervisorStatus, showKey: boolean): void {
  const url = urlOf(status, 'gateway');
  const key = readDemoEnv(layout.demoEnv)?.GATEWAY_KEY;
  if (!url || !key) return;
  say();
  say(`Gateway   ${url}`);
  say(`Swagger   ${url}/docs`);
  say(
    showKey
      ? `API key   ${key}   (shown this once, kept in ${layout.demoEnv})`
      : `API key   see GATEWAY_KEY in ${layout.demoEnv}`,
  );
  if (status.demo)
    say(
      `Demo      no OPENROUTER_API_KEY is set: ${DEMO_MODEL} is a simulator that quotes the context it is given`,
    );
  say();
  say(showKey ? 'Try it:' : `Try it (after: . ${layout.demoEnv}):`);
  say(curl(url, showKey ? key : '$GATEWAY_KEY', status.demo ? DEMO_MODEL : REAL_MODEL));
}

function curl(url: string, key: string, model: string): string {
  const question = 'How do I start the gateway on my machine?';
  const body = { model, messages: [{ role: 'user', content: question }], context: { recall: true } };
  return [
    `curl -s ${url}/v1/chat/completions \\`,
    `  -H "authorization: Bearer ${key}" -H 'content-type: application/json' \\`,
    `  -d '${JSON.stringify(body)}'`,
  ].join('\n');
}
