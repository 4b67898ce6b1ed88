import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, parseJson, stringOf } from '#common';
import { http } from '../../e2e/tenant.js';
import { primary } from './plan.js';
import type { BreakerEvent, Sighting, State } from './record.js';

/** Shorter than a trial that meets silence. */
const lookEveryMs = 300;
const scope = `model:${primary}`;

/** Looks at health and metrics of every gateway, as a monitor would, until told to stop. */
export async function watch(urls: readonly string[], isOver: () => boolean): Promise<Sighting[]> {
  const sightings: Sighting[] = [];
  while (!isOver()) {
    const at = Date.now();
    const [health, metrics] = await Promise.all([
      Promise.all(urls.map(stateInHealth)),
      Promise.all(urls.map(stateInMetrics)),
    ]);
    sightings.push({ at, health, metrics });
    await sleep(lookEveryMs);
  }
  return sightings;
}

async function stateInHealth(url: string): Promise<State> {
  const { body } = await http('GET', `${url}/health`);
  const open: { scope: string; state: State }[] = body.details.breakers.open ?? [];
  return open.find((breaker) => breaker.scope === scope)?.state ?? 'closed';
}

/** Metrics count breakers; here only one model ever fails. */
async function stateInMetrics(url: string): Promise<State> {
  const { body } = await http('GET', `${url}/metrics`);
  const count = (state: string) =>
    Number(
      new RegExp(`^cmg_openrouter_breaker_state\\{scope="model",state="${state}"\\} (\\d+)`, 'm').exec(
        body.text,
      )?.[1] ?? 0,
    );
  if (count('open') > 0) return 'open';
  return count('half_open') > 0 ? 'half_open' : 'closed';
}

/** What the gateways' logs say of the primary's breaker, in the order in which it happened. */
export async function breakerEvents(logDirectory: string, gateways: number): Promise<BreakerEvent[]> {
  const names = Array.from({ length: gateways }, (_, i) => `gateway-${i + 1}`);
  const logs = names.map(async (gateway) => {
    const text = await readFile(join(logDirectory, `${gateway}.log`), 'utf8');
    return text
      .split('\n')
      .filter((line) => line.includes('"breaker_'))
      .flatMap((line) => eventIn(line, gateway));
  });
  return (await Promise.all(logs)).flat().toSorted((a, b) => a.at - b.at);
}

function eventIn(line: string, gateway: string): BreakerEvent[] {
  const said = parseJson(line);
  if (!isJsonObject(said) || said['model'] !== primary) return [];
  const { message: event, timestamp, heard, cause } = said;
  if (event !== 'breaker_opened' && event !== 'breaker_half_open' && event !== 'breaker_closed') return [];
  return [
    { at: Date.parse(String(timestamp)), gateway, event, heard: heard === true, cause: stringOf(cause) },
  ];
}
