import fc from 'fast-check';
import { byteDamage, insertionOf } from './byte-damage.js';
import { hostileJson, hostileName } from './hostile-json.js';

/** A request of the fuzz run. */
export interface FuzzedRequest {
  path: string;
  body: Buffer;
  headers: Record<string, string>;
}

const messages = [
  { role: 'system', content: 'You are terse.' },
  { role: 'user', content: 'Which release comes next?', name: 'ann' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
  },
  { role: 'tool', tool_call_id: 'c1', content: 'It is 4.2.' },
  { role: 'user', content: [{ type: 'text', text: 'And after that?' }] },
];
const tool = {
  name: 'f',
  description: 'Finds',
  parameters: { type: 'object', properties: { a: { type: 'string' } } },
};
const shared = { temperature: 0.3, top_p: 0.9, user: 'fuzz', seed: 7, provider: { order: ['a'] } };

/** Bodies that are good, with every member that the gateway reads; the fuzz starts from them. */
const goodBodies: Readonly<Record<string, Record<string, unknown>>> = {
  '/v1/chat/completions': {
    ...shared,
    model: 'sim/fast',
    messages,
    models: ['sim/fast', 'sim/vendor-b/slash-model'],
    stream_options: { include_usage: true },
    max_tokens: 40,
    max_completion_tokens: 40,
    n: 1,
    tools: [{ type: 'function', function: tool }],
    response_format: { type: 'text' },
    plugins: [{ id: 'context-compression' }],
    transforms: ['middle-out'],
    stop: ['\n\n\n'],
    logit_bias: { '50256': -100 },
  },
  '/v1/context/files': {
    file: { filename: 'notes/plan.md', media_type: 'text/markdown; charset=utf-8', data: 'IyBQbGFu' },
    title: 'Plan',
    session: 's',
    external_id: 'plan',
    metadata: { a: { b: [1] } },
    importance: 0.4,
    expires_at: '2090-01-01T00:00:00Z',
    redact: ['email'],
  },
  '/v1/responses': {
    ...shared,
    model: 'sim/fast',
    instructions: 'Be brief.',
    input: [
      { role: 'user', content: [{ type: 'input_text', text: 'Which release?' }] },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'It is 4.2.' },
      { type: 'reasoning', id: 'r1', summary: [] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Done.' }] },
    ],
    max_output_tokens: 40,
    tools: [{ type: 'function', ...tool }],
    tool_choice: 'auto',
    text: { format: { type: 'json_schema', name: 'a', schema: {} }, verbosity: 'low' },
    reasoning: { effort: 'low' },
    include: ['reasoning.encrypted_content'],
    metadata: { a: 'b' },
    truncation: 'auto',
  },
  '/v1/messages': {
    ...shared,
    model: 'sim/fast',
    max_tokens: 40,
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: 'Which release?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'tool_use', id: 't1', name: 'f', input: {} },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: '4.2' }] }],
      },
    ],
    tools: [{ name: 'f', description: 'Finds', input_schema: { type: 'object' } }],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    stop_sequences: ['END'],
    thinking: { type: 'enabled', budget_tokens: 20 },
    output_config: { effort: 'low', format: { type: 'json_schema', schema: {} } },
    metadata: { user_id: 'u' },
  },
  '/v1/completions': {
    ...shared,
    model: 'sim/fast',
    prompt: ['Once upon a time'],
    max_tokens: 20,
    n: 1,
    best_of: 1,
    echo: false,
    suffix: '.',
  },
  '/v1/embeddings': {
    model: 'sim/embed',
    input: ['a text', 'another'],
    encoding_format: 'float',
    dimensions: 16,
    user: 'fuzz',
  },
  '/v1/context/items': {
    content: 'The lighthouse has 120 steps.',
    title: 'Lighthouse',
    external_id: 'l1',
    metadata: { topic: 'towers', nested: { a: [1, 'b'] } },
    source: 'fuzz',
    items: [
      { content: 'One' },
      { messages: [{ role: 'user', content: 'Two', created_at: '2026-01-01T00:00:00Z' }] },
    ],
    document: { content: '# Title\n\nText', format: 'markdown', title: 'T' },
  },
  '/v1/context/recall': {
    query: 'How many steps?',
    messages: [{ role: 'user', content: 'How many steps?' }],
    token_budget: 200,
    filter: { topic: 'towers', $or: [{ a: { $gt: 1 } }, { b: { $in: ['x'] } }] },
    limit: 5,
    explain: true,
  },
};

const contextWishes = {
  recall: true,
  session: 's',
  token_budget: 100,
  filter: { topic: 'towers' },
  save: true,
};

/** Some of the members of a good body; a whole one is rarely asked for, and one that is missing is a case, too. */
const goodBody = (path: string): fc.Arbitrary<Record<string, unknown>> => {
  const good = goodBodies[path] ?? {};
  const required = ['model', 'messages', 'input', 'prompt', 'max_tokens', 'content', 'query'].filter(
    (name) => name in good,
  );
  return fc
    .record({
      // Members beside those that are needed: mostly none, so that a good part of the calls goes through.
      names: fc.oneof(
        fc.constant([]),
        fc.subarray(Object.keys(good), { maxLength: 3 }),
        fc.subarray(Object.keys(good)),
      ),
      needed: fc.nat({ max: 9 }).map((n) => n > 0),
      stream: fc.constantFrom(undefined, true, false),
      wishes: fc.oneof(
        { weight: 8, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constant(contextWishes) },
      ),
    })
    .map(({ names, needed, stream, wishes }) => {
      const kept = new Set([...names, ...(needed ? required : [])]);
      const body = Object.fromEntries(Object.entries(good).filter(([name]) => kept.has(name)));
      return { ...body, ...(stream !== undefined && { stream }), ...(wishes && { context: wishes }) };
    });
};

/** Stands in a value for JSON text that JSON.stringify could not write. */
const hole = '@hole@';

/** The value with its n-th member or element, counted in depth-first order, changed into a hole. */
function withHole(value: unknown, n: number): unknown {
  let left = n;
  const walk = (part: unknown): unknown => {
    if (left-- === 0) return hole;
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, walk(member)]));
  };
  return walk(value);
}

/** A good body in which something is replaced, added or given twice. */
const nearlyGood = (path: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      goodBody(path),
      fc.nat({ max: 60 }),
      hostileJson,
      fc.option(fc.tuple(hostileName, hostileJson), { freq: 2 }),
    )
    .map(([body, n, value, extra]) => {
      const text = JSON.stringify(withHole(body, n % Math.max(1, countOf(body)))).replace(
        `"${hole}"`,
        () => value,
      );
      if (!extra || !text.startsWith('{')) return text;
      const [name, member] = extra;
      return text === '{}'
        ? `{${JSON.stringify(name)}:${member}}`
        : `${text.slice(0, -1)},${JSON.stringify(name)}:${member}}`;
    });

const countOf = (value: unknown): number =>
  typeof value !== 'object' || value === null
    ? 1
    : 1 + Object.values(value).reduce((sum: number, member) => sum + countOf(member), 0);

const headers: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 12, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, string>>(
      { 'x-context-recall': 'true' },
      { 'x-context-recall': 'maybe', 'x-context-token-budget': '1e9' },
      { 'x-context-filter': '{"a":', 'x-context-session': '\u00ff'.repeat(300) },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/json; charset=utf-7' },
      { 'content-encoding': 'gzip' },
      { 'x-request-id': '../../x' },
      { 'idempotency-key': 'k'.repeat(3_000) },
    ),
  },
);

const insertions = fc.oneof(
  fc
    .constantFrom('\ufeff', ',', '}', ']', '"', '\\', '\u0000', '/* */', 'NaN', '{"', '[[')
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
);

/** One request: good, nearly good, all wrong, or damaged in its bytes. */
export const fuzzedRequest: fc.Arbitrary<FuzzedRequest> = fc
  .constantFrom(...Object.keys(goodBodies))
  .chain((path) =>
    fc.record({
      path: fc.constant(path),
      headers,
      body: fc.oneof(
        { weight: 2, arbitrary: goodBody(path).map((body) => Buffer.from(JSON.stringify(body))) },
        { weight: 6, arbitrary: nearlyGood(path).map((text) => Buffer.from(text)) },
        { weight: 1, arbitrary: hostileJson.map((text) => Buffer.from(text)) },
        {
          weight: 2,
          arbitrary: fc
            .tuple(nearlyGood(path), fc.oneof(byteDamage, insertionOf(insertions)))
            .map(([text, damage]) => damage(Buffer.from(text))),
        },
      ),
    }),
  );
