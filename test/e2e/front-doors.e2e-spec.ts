import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type Answer, http, newTenant, type Tenant } from './tenant.js';

// The doors to models stand in front of Nest's router. A slash at the end leads the same call through the router: whatever
// goes in and out by one way must go in and out by the other.

const messages = [{ role: 'user', content: 'hi' }];
const doors: [path: string, body: Record<string, unknown>][] = [
  ['/v1/chat/completions', { model: 'sim/fast', messages }],
  ['/v1/responses', { model: 'sim/fast', input: 'hi' }],
  ['/v1/messages', { model: 'sim/fast', messages, max_tokens: 50 }],
  ['/v1/completions', { model: 'sim/fast', prompt: 'hi' }],
  ['/v1/embeddings', { model: 'sim/embed', input: 'hi' }],
];
const everyDoor = [...doors, ...doors.map(([path, body]) => [`/api${path}`, body] as (typeof doors)[number])];

/** What is another in every call: ids, moments, counters. */
const withoutIds = (text: string): string =>
  text
    .replaceAll(/gen-\d+-[0-9a-f]+|(?<=created(?:_at)?\W+)\d+/g, '$')
    .replaceAll(/[0-9a-f]{8}-?[0-9a-f]{4}-?[47][0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}/g, '$');
const seen = ({ status, headers, body }: Answer) => ({
  status,
  headers: [...headers.keys()].filter((name) => name !== 'content-length' && name !== 'date').toSorted(),
  type: headers.get('content-type'),
  body: withoutIds(JSON.stringify(body)),
});

describe('front doors', () => {
  let tenant: Tenant;
  let other: Tenant;
  beforeAll(async () => {
    tenant = await newTenant();
    other = await newTenant({ key: { scopes: ['context:read'] } });
  });

  const bothWays = async (path: string, body: unknown, headers: Record<string, string>) => {
    const front = await http('POST', inject('gatewayUrl') + path, body, headers);
    const router = await http('POST', `${inject('gatewayUrl')}${path}/`, body, headers);
    expect(seen(front)).toEqual(seen(router));
    return front;
  };
  const authorized = ({ key }: Tenant, more = {}) => ({ authorization: `Bearer ${key}`, ...more });

  it.each(everyDoor)('%s answers as by the router, whole and as a stream', async (path, body) => {
    expect((await bothWays(path, body, authorized(tenant))).status).toBe(200);
    if (path.endsWith('embeddings')) return;
    const stream = await bothWays(path, { ...body, stream: true }, authorized(tenant));
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
  });

  it.each(everyDoor)('%s refuses as by the router', async (path, body) => {
    const statuses = [];
    for (const [sent, headers] of [
      [body, {}],
      [body, { authorization: 'Bearer nonsense' }],
      [body, authorized(other)],
      ['{"model":', authorized(tenant)],
      ['', authorized(tenant)],
      [{ ...body, model: 7 }, authorized(tenant)],
      ['a=1', authorized(tenant, { 'content-type': 'application/x-www-form-urlencoded' })],
      [body, authorized(tenant, { 'content-encoding': 'gzip' })],
      [{ ...body, padding: 'x'.repeat(11_000_000) }, authorized(tenant)],
    ] as const) {
      statuses.push((await bothWays(path, sent, headers)).status);
    }
    expect(statuses).toEqual([401, 401, 403, 400, 400, 400, 415, 415, 413]);
  });

  it('keeps the id that a caller gives, and makes one of an ill-formed', async () => {
    const [path, body] = doors[0] as (typeof doors)[number];
    const given = await bothWays(path, body, authorized(tenant, { 'x-request-id': 'mine-1' }));
    expect(given.headers.get('x-request-id')).toBe('mine-1');
    const made = await bothWays(path, body, authorized(tenant, { 'x-request-id': 'no id' }));
    expect(made.headers.get('x-request-id')).not.toBe('no id');
  });

  it('leaves to the router what is no call to a model', async () => {
    const url = inject('gatewayUrl');
    expect((await http('GET', `${url}/v1/chat/completions`, undefined, authorized(tenant))).status).toBe(404);
    expect((await http('POST', `${url}/v1/chat/completion`, {}, authorized(tenant))).status).toBe(404);
    const counted = await http('POST', `${url}/v1/messages/count_tokens`, doors[2]?.[1], authorized(tenant));
    expect(counted.body).toMatchObject({ input_tokens: expect.any(Number) });
  });
});
