import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { startLoadTarget } from '../load-target.js';
import { quantile, residentBytes } from '../process-costs.js';

/**
 * Many open streams through one gateway: whether all come to their end, what one costs in memory, when its first byte comes,
 * and how fast the upstream hears that a client left. STREAMS (1000) may be set.
 */
const count = Number(process.env['STREAMS'] ?? 1_000);
const words = Array.from({ length: 12 }, (_, i) => `word${i}`).join(' ');

/** Opening so many at once takes a while, and all are to be open at the same time. */
const chunkEveryMs = 1_500;

interface SimulatedCall {
  cancelled: boolean;
  cancelled_at: string | null;
}

const target = await startLoadTarget();
const agent = new Agent({ connections: count, headersTimeout: 0, bodyTimeout: 0 });

async function control(path: string, body?: object): Promise<{ calls: SimulatedCall[] }> {
  const response = await fetch(`${target.simulator.url}/__control/${path}`, {
    method: body ? 'POST' : 'GET',
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json() as Promise<{ calls: SimulatedCall[] }>;
}

/** One stream. `ended` says whether it came whole, and never rejects. */
async function open(
  user: string,
  signal?: AbortSignal,
): Promise<{ firstByteMs: number; ended: Promise<boolean> }> {
  const startedAt = performance.now();
  const { body } = await request(`${target.gateway.url}/v1/chat/completions`, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${target.key}` },
    body: JSON.stringify({
      model: 'sim/fast',
      stream: true,
      user,
      messages: [{ role: 'user', content: words }],
    }),
    signal,
  });
  const first = Promise.withResolvers<number>();
  const read = async () => {
    let text = '';
    for await (const bytes of body) {
      first.resolve(performance.now() - startedAt);
      text += String(bytes);
    }
    return text.endsWith('data: [DONE]\n\n');
  };
  const ended = read().catch(() => false);
  return { firstByteMs: await Promise.race([first.promise, ended.then(() => Number.NaN)]), ended };
}

const ms = (value: number) => `${value.toFixed(0)} ms`;
const load = () => `load of the machine ${loadavg()[0]?.toFixed(1)}`;
const openAll = (user: string, signalOf: (i: number) => AbortSignal | undefined = () => undefined) =>
  Promise.all(Array.from({ length: count }, (_, i) => open(user, signalOf(i))));

try {
  await control('faults', { user: 'slow', delay_chunk_ms: chunkEveryMs });
  // Compiles what is measured, and opens what is opened once.
  for (let i = 0; i < 5; i += 1) {
    const calls = await Promise.all(Array.from({ length: 50 }, () => open('warm-up')));
    await Promise.all(calls.map(({ ended }) => ended));
  }
  const idle = residentBytes(target.gateway.pid);
  const streams = await openAll('slow');
  const busy = residentBytes(target.gateway.pid);
  const ended = await Promise.all(streams.map((stream) => stream.ended));
  const firstBytes = streams.map(({ firstByteMs }) => firstByteMs);
  console.log(
    `${count} streams at once: ${ended.filter(Boolean).length} came whole · ` +
      `${((busy - idle) / count / 1024).toFixed(0)} KB resident a stream · ` +
      `first byte p50 ${ms(quantile(firstBytes, 0.5))}, p99 ${ms(quantile(firstBytes, 0.99))} · ${load()}`,
  );

  await control('reset', {});
  await control('faults', { user: 'slow', delay_chunk_ms: chunkEveryMs });
  const leaving = new AbortController();
  const mixed = await openAll('slow', (i) => (i % 2 === 0 ? leaving.signal : undefined));
  const leftAt = Date.now();
  leaving.abort();
  const stayed = await Promise.all(mixed.map((stream) => stream.ended));
  // The last of them may be noted just now.
  await sleep(100);
  const cancelled = (await control('calls?user=slow')).calls.filter((call) => call.cancelled);
  const delays = cancelled.map((call) => Date.parse(call.cancelled_at ?? '') - leftAt);
  console.log(
    `${count / 2} of ${count} clients left: ${cancelled.length} upstream calls cancelled, ` +
      `p50 ${ms(quantile(delays, 0.5))}, last ${ms(Math.max(...delays))} · ` +
      `${stayed.filter(Boolean).length} others came whole · ${load()}`,
  );
} finally {
  await agent.destroy();
  await target.stop();
}
