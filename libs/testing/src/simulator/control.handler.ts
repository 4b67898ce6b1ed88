import type { IncomingMessage, ServerResponse } from 'node:http';
import { isJsonObject } from '#common';
import { parseFaults } from './fault.parser.js';
import { badRequest, OpenRouterError } from './openrouter.error.js';
import { readBody } from './request-body.js';
import type { SimulatorState } from './simulator.state.js';

/** Where the control API lives, beside the API that it controls. */
export const controlPath = '/__control/';

async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse((await readBody(request)).toString());
  } catch {
    throw badRequest('The body is not valid JSON');
  }
}

function callsFor(state: SimulatorState, url: URL): unknown {
  const wanted = ['id', 'model', 'user', 'endpoint'] as const;
  const calls = state.ledger.calls((call) =>
    wanted.every((field) => (url.searchParams.get(field) ?? call[field]) === call[field]),
  );
  return {
    totals: state.ledger.totals((call) => calls.includes(call)),
    in_flight: state.ledger.inFlight(),
    calls,
  };
}

async function answer(request: IncomingMessage, state: SimulatorState, url: URL): Promise<unknown> {
  switch (`${request.method} ${url.pathname.slice(controlPath.length)}`) {
    case 'GET faults':
      break;
    case 'POST faults':
      state.faults[url.searchParams.has('add') ? 'add' : 'set'](...parseFaults(await readJson(request)));
      break;
    case 'DELETE faults':
      state.faults.clear();
      break;
    case 'GET calls':
      return callsFor(state, url);
    case 'POST refuse': {
      const body = await readJson(request);
      const ms = isJsonObject(body) ? body['for_ms'] : undefined;
      if (typeof ms !== 'number' || !(ms > 0 && ms <= 600_000))
        throw badRequest('for_ms must be 1 to 600000');
      state.refuseFor(ms);
      return { refusing_for_ms: ms };
    }
    case 'POST reset':
      state.faults.clear();
      state.ledger.clear();
      break;
    default:
      throw new OpenRouterError({ code: 404, message: 'No such control' });
  }
  return { faults: state.faults.list() };
}

/** `GET|POST|DELETE /__control/faults`, `GET /__control/calls`, `POST /__control/refuse|reset`; no key is asked for. */
export async function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  state: SimulatorState,
  url: URL,
): Promise<void> {
  const send = (status: number, value: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  try {
    send(200, await answer(request, state, url));
  } catch (error) {
    if (!(error instanceof OpenRouterError)) throw error;
    send(error.status, { error: { message: error.message } });
  }
}
