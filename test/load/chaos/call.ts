import { randomUUID } from 'node:crypto';
import type { Ending, Kind } from './plan.js';
import type { Gateway } from './fleet.js';

/** A key, and the workspace it belongs to. */
export interface Caller {
  readonly workspaceId: string;
  readonly key: string;
}

/** One call as its client saw it. Times are ms since the epoch. */
export interface Call {
  /** Its `x-request-id`: in the ledger of the gateway, and in the body that the simulator keeps. */
  readonly id: string;
  readonly kind: Kind;
  readonly caller: Caller;
  readonly gateway: Gateway;
  /** What was going on when it began. */
  readonly phase: string;
  readonly startedAt: number;
  endedAt: number;
  /** 0 when no status line came. */
  status: number;
  ending: Ending;
  /** As the answer counts them; 0 when it does not. */
  tokens: number;
}

/** A client that waited so long says that the call hangs. More than the longest time-out of the gateway. */
const patienceMs = 20_000;

/** Makes one call and says how it ended; never throws. */
export async function makeCall(kind: Kind, caller: Caller, gateway: Gateway, phase: string): Promise<Call> {
  const call: Call = {
    id: randomUUID(),
    kind,
    caller,
    gateway,
    phase,
    startedAt: Date.now(),
    endedAt: 0,
    status: 0,
    ending: 'lost',
    tokens: 0,
  };
  const leaving = new AbortController();
  const patience = AbortSignal.timeout(patienceMs);
  const leave = () => leaving.abort();
  const timer = kind.leavesAfterMs === undefined ? undefined : setTimeout(leave, kind.leavesAfterMs);
  try {
    const response = await send(call, AbortSignal.any([leaving.signal, patience]));
    call.status = response.status;
    const text = await read(response, kind.leavesAfterEvents ?? Infinity, leave);
    call.ending = endingOf(response.status, text, kind.stream ?? false);
    call.tokens = Number(/"total_tokens":(\d+)/.exec(text)?.[1] ?? 0);
  } catch {
    call.ending = leaving.signal.aborted ? 'left' : patience.aborted ? 'hung' : 'lost';
  }
  clearTimeout(timer);
  call.endedAt = Date.now();
  return call;
}

function send({ id, kind, caller, gateway }: Call, signal: AbortSignal): Promise<Response> {
  return fetch(`${gateway.process.url}/v1/chat/completions`, {
    method: 'POST',
    signal,
    headers: {
      authorization: `Bearer ${caller.key}`,
      'content-type': 'application/json',
      'x-request-id': id,
    },
    body: JSON.stringify({
      model: kind.model,
      stream: kind.stream ?? false,
      max_tokens: kind.maxTokens,
      user: kind.name,
      metadata: { call: id },
      messages: [{ role: 'user', content: kind.question }],
    }),
  });
}

async function read(response: Response, enoughEvents: number, leave: () => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if ((text.match(/^data: /gm)?.length ?? 0) >= enoughEvents) leave();
  }
  return text;
}

function endingOf(status: number, text: string, isStream: boolean): Ending {
  if (status === 429) return 'refused';
  if (status !== 200) return 'failed';
  return !isStream || text.endsWith('data: [DONE]\n\n') ? 'answered' : 'broken off';
}
