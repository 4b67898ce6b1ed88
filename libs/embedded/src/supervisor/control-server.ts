import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { json } from 'node:stream/consumers';

import { logSettingsOf } from './log-settings.js';
import type { AppName, Supervisor } from './supervisor.js';

type Answer = { readonly status: number; readonly body: unknown };

/**
 * The supervisor's remote control: HTTP on a unix socket that only its owner may open. Removes a dead socket in its way;
 * the caller holds the lock, so that it cannot be a live one.
 */
export async function startControlServer(
  path: string,
  supervisor: Supervisor,
  stop: () => void,
): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((request, response) => {
    void route(request, supervisor, stop)
      .catch((error: unknown) => ({
        status: 500,
        body: { error: error instanceof Error ? error.message : String(error) },
      }))
      .then((answer) => send(response, answer));
  });
  // Not even for a moment may others open it: GET /environment holds secrets.
  const mask = process.umask(0o077);
  server.listen(path);
  await once(server, 'listening');
  process.umask(mask);
  chmodSync(path, 0o600);
  return server;
}

async function route(request: IncomingMessage, supervisor: Supervisor, stop: () => void): Promise<Answer> {
  const [, verb, app] = (request.url ?? '').split('/');
  switch (`${request.method} ${verb}`) {
    case 'GET status':
      return { status: 200, body: supervisor.status };
    case 'GET environment': {
      const env = isAppName(app) ? supervisor.environmentOf(app) : supervisor.appEnv;
      return env ? { status: 200, body: env } : { status: 409, body: { error: 'not started' } };
    }
    case 'POST stop':
      stop();
      return { status: 202, body: {} };
    case 'POST start':
      return changeApp(supervisor, app, (name) => supervisor.startApp(name));
    case 'POST restart': {
      const settings = logSettingsOf(Object(await json(request)));
      return changeApp(supervisor, app, (name) => supervisor.restartApp(name, settings));
    }
    default:
      return { status: 404, body: { error: 'no such control' } };
  }
}

async function changeApp(
  supervisor: Supervisor,
  app: string | undefined,
  change: (name: AppName) => Promise<void>,
): Promise<Answer> {
  if (!isAppName(app)) return { status: 404, body: { error: 'no such app' } };
  await change(app);
  return { status: 200, body: supervisor.status };
}

function isAppName(name: string | undefined): name is AppName {
  return name === 'gateway' || name === 'worker';
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
