import { loadavg } from 'node:os';
import { Pool } from 'undici';
import { startLoadTarget } from '../load-target.js';
import { cpuSeconds, pinTo, quantile } from '../process-costs.js';

/**
 * Requests per CPU second of the gateway with all it does (key, limits in Redis, settling, receipt, log, metrics), relative
 * to a bare node:http proxy. Both are measured in turn in one run, because only ratios mean anything on a shared machine.
 *
 * A round is so many calls, not so many seconds: on a busy machine a second holds too few for the compiler to have done its
 * work. What comes before the first is not counted: a gateway that has run for a minute is compiled, and its compiler's threads are
 * idle. ROUNDS, CALLS (of a round) and WARM_UP (calls before the first) may be set.
 */
const rounds = Number(process.env['ROUNDS'] ?? 10);
const callsPerRound = Number(process.env['CALLS'] ?? 1_500);
const warmUp = Number(process.env['WARM_UP'] ?? 20_000);
const connections = 64;
const file = (name: string) => `dist/test/load/proxy/${name}.js`;

const line = 'The quick brown fox jumps over the lazy dog, and thinks of release notes for the next week. ';
const messages = Array.from({ length: 19 }, (_, i) => ({
  role: i % 2 === 0 ? 'user' : 'assistant',
  content: `${i}: ${line.repeat(3)}`,
}));
type Kind = 'json' | 'stream';

/** A conversation, whose last message is new in every call. */
const parts = (kind: Kind) =>
  JSON.stringify({
    model: 'bench/model',
    messages: [...messages, { role: 'user', content: `${line.repeat(3)}{call}` }],
    max_tokens: 100,
    stream: kind === 'stream',
  }).split('{call}');
const bodies = { json: parts('json'), stream: parts('stream') };
let calls = 0;
const nextBody = (kind: Kind): string => bodies[kind].join(String((calls += 1)));

interface Proxy {
  pid: number;
  pool: Pool;
  path: string;
  headers: Record<string, string>;
}

/** So many calls without a pause. @returns calls per CPU second of the proxy */
async function round({ pid, pool, path, headers }: Proxy, kind: Kind, count: number): Promise<number> {
  const before = cpuSeconds(pid);
  let left = count;
  const caller = async () => {
    while (left-- > 0) {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path,
        headers,
        body: nextBody(kind),
      });
      const text = await body.text();
      if (statusCode !== 200 || !text.includes('word49')) throw new Error(`${statusCode} ${text}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  return count / (cpuSeconds(pid) - before);
}

const load = () => `load of the machine ${loadavg()[0]?.toFixed(1)}`;
const target = await startLoadTarget(file('instant-upstream'));
try {
  const bare = await target.start('bare-proxy', file('bare-proxy'), { UPSTREAM: target.upstreamUrl });
  const pinned = pinTo(0, bare.pid) && pinTo(0, target.gateway.pid) && pinTo(1, process.pid);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${target.key}` };
  const proxyAt = ({ pid, url }: { pid: number; url: string }, path: string): Proxy => ({
    pid,
    pool: new Pool(url, { connections }),
    path,
    headers,
  });
  const proxies = {
    bare: proxyAt(bare, '/chat/completions'),
    gateway: proxyAt(target.gateway, '/v1/chat/completions'),
  };
  for (const kind of ['json', 'stream'] as const) {
    const seen: { bare: number; gateway: number }[] = [];
    for (const proxy of Object.values(proxies)) await round(proxy, kind, warmUp);
    for (let i = 0; i < rounds; i += 1) {
      const bareProxy = await round(proxies.bare, kind, callsPerRound);
      seen.push({ bare: bareProxy, gateway: await round(proxies.gateway, kind, callsPerRound) });
    }
    const ratios = seen.map((one) => one.gateway / one.bare);
    const median = (pick: (one: (typeof seen)[number]) => number) => quantile(seen.map(pick), 0.5).toFixed(0);
    console.log(
      `${kind}: ratio ${quantile(ratios, 0.5).toFixed(3)} (quartiles ${quantile(ratios, 0.25).toFixed(3)}-${quantile(ratios, 0.75).toFixed(3)}) · ` +
        `requests per CPU second: bare ${median((one) => one.bare)}, gateway ${median((one) => one.gateway)} · ` +
        `${rounds} rounds of ${callsPerRound} calls, ${target.stores} stores, ${pinned ? 'pinned' : 'not pinned'}, ${load()}`,
    );
  }
  await Promise.all(Object.values(proxies).map(({ pool }) => pool.destroy()));
} finally {
  await target.stop();
}
