import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { startLoadTarget } from '../load-target.js';
import { quantile, residentBytes } from '../process-costs.js';

/**
 * Many open streams through one gateway: whether all come to their end, what one costs in memory, when its first chunk comes,
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

/** Nothing real was said before; roles and comments are not. */
const realChunk = /"content":"[^"]/;

interface Endpoint {
  url: string;
  key: string;
}
const gateway: Endpoint = { url: `${target.gateway.url}/v1/chat/completions`, key: target.key };
const upstream: Endpoint = { url: `${target.upstreamUrl}/api/v1/chat/completions`, key: 'sk-or-load' };

/** One stream. `ended` says whether it came whole, and never rejects. */
async function open(
  { url, key }: Endpoint,
  user: string,
  signal?: AbortSignal,
): Promise<{ firstChunkMs: number; ended: Promise<boolean> }> {
  const startedAt = performance.now();
  const { body } = await request(url, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
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
      text += String(bytes);
      if (realChunk.test(text)) first.resolve(performance.now() - startedAt);
    }
    return text.endsWith('data: [DONE]\n\n');
  };
  const ended = read().catch(() => false);
  return { firstChunkMs: await Promise.race([first.promise, ended.then(() => Number.NaN)]), ended };
}

const ms = (value: number) => `${value.toFixed(0)} ms`;
const load = () => `load of the machine ${loadavg()[0]?.toFixed(1)}`;
const openAll = (
  endpoint: Endpoint,
  user: string,
  signalOf: (i: number) => AbortSignal | undefined = () => undefined,
) => Promise.all(Array.from({ length: count }, (_, i) => open(endpoint, user, signalOf(i))));

/** All at once, to their end. @returns milliseconds to the first real chunk beyond those that the upstream is told to wait */
async function firstChunks(streams: Awaited<ReturnType<typeof openAll>>): Promise<string> {
  await Promise.all(streams.map(({ ended }) => ended));
  const waits = streams.map(({ firstChunkMs }) => firstChunkMs - chunkEveryMs);
  return `p50 ${ms(quantile(waits, 0.5))}, p99 ${ms(quantile(waits, 0.99))}`;
}

try {
  await control('faults', { user: 'slow', delay_chunk_ms: chunkEveryMs });
  // Compiles what is measured, and opens what is opened once.
  for (const endpoint of [upstream, gateway]) {
    for (let i = 0; i < 60; i += 1) {
      const calls = await Promise.all(Array.from({ length: 50 }, () => open(endpoint, 'warm-up')));
      await Promise.all(calls.map(({ ended }) => ended));
    }
  }
  const straight = await firstChunks(await openAll(upstream, 'slow'));
  const idle = residentBytes(target.gateway.pid);
  const streams = await openAll(gateway, 'slow');
  const busy = residentBytes(target.gateway.pid);
  const ended = await Promise.all(streams.map((stream) => stream.ended));
  console.log(
    `${count} streams at once: ${ended.filter(Boolean).length} came whole · ` +
      `${((busy - idle) / count / 1024).toFixed(0)} KB resident a stream · ` +
      `first chunk, beyond the upstream's own ${chunkEveryMs} ms: ${await firstChunks(streams)}; ` +
      `without the gateway ${straight} · ${load()}`,
  );

  await control('reset', {});
  await control('faults', { user: 'slow', delay_chunk_ms: chunkEveryMs });
  const leaving = new AbortController();
  const mixed = await openAll(gateway, 'slow', (i) => (i % 2 === 0 ? leaving.signal : undefined));
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
