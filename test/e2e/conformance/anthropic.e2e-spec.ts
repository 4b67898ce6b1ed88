import Anthropic, { APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { failureOf, fault, newTenant, type Tenant } from '../tenant.js';
import {
  cancelledUpstream,
  echo,
  longText,
  model,
  newUser,
  question,
  refusals,
  toolQuestion,
  verdict,
  verdictAbout,
  weatherArguments,
  weatherTool,
} from './cases.js';

const classes: Record<number, new (...args: never[]) => APIError> = {
  400: Anthropic.BadRequestError,
  404: Anthropic.NotFoundError,
  413: APIError,
  422: Anthropic.UnprocessableEntityError,
  429: Anthropic.RateLimitError,
};

const { name, description } = weatherTool.function;
const tool: Anthropic.Tool = {
  name,
  description,
  input_schema: { ...weatherTool.function.parameters, type: 'object' },
};

// Only the gateway has this door: what stands behind it speaks chat.
describe('@anthropic-ai/sdk against the gateway', () => {
  let tenant: Tenant;
  let client: Anthropic;
  beforeAll(async () => {
    tenant = await newTenant();
    client = new Anthropic({ baseURL: inject('gatewayUrl'), apiKey: tenant.key, maxRetries: 0 });
  });
  const ask = (content: string, user = newUser()) => ({
    model,
    max_tokens: 500,
    messages: [{ role: 'user' as const, content }],
    user,
  });

  it('answers, whole and in a stream', async () => {
    const whole = await client.messages.create(ask(question));
    const streamed = await client.messages.stream(ask(question)).finalMessage();
    for (const message of [whole, streamed]) {
      expect(message.content).toEqual([expect.objectContaining({ type: 'text', text: echo(question) })]);
      expect(message.stop_reason).toBe('end_turn');
      expect(message.usage.output_tokens).toBe(whole.usage.output_tokens);
    }
  });

  it('calls tools, whole and in deltas', async () => {
    const asked = { ...ask(toolQuestion), tools: [tool] };
    const whole = await client.messages.create(asked);
    const streamed = await client.messages.stream(asked).finalMessage();
    for (const { content, stop_reason } of [whole, streamed]) {
      expect(stop_reason).toBe('tool_use');
      expect(content.at(-1)).toMatchObject({ type: 'tool_use', name, input: weatherArguments });
    }
  });

  it('counts what a message would take', async () => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }];
    const { usage } = await client.messages.create({ model, max_tokens: 100, messages });
    expect(await client.messages.countTokens({ model, messages })).toEqual({
      input_tokens: usage.input_tokens,
    });
  });

  it('answers in a given shape', async () => {
    const answer = await client.messages.parse({
      ...ask(question),
      output_config: { format: zodOutputFormat(verdict) },
    });
    expect(answer.parsed_output).toEqual(verdictAbout(question));
  });

  it.concurrent.each(refusals)('throws the class of $code $error_type', async ({ status, ...error }) => {
    const user = newUser();
    await fault({ user, error: { message: 'Simulated', ...error } });
    const thrown = await failureOf(client.messages.create(ask(question, user)));
    expect(thrown).toBeInstanceOf(classes[error.code] ?? Anthropic.InternalServerError);
    expect(status).toContain((thrown as APIError).status);
  });

  it('throws in the midst of a stream', async () => {
    const user = newUser();
    await fault({ user, after_chunks: 4, error_in_stream: { code: 502, message: 'Gone' } });
    const said: string[] = [];
    const stream = client.messages.stream(ask(question, user)).on('text', (text) => said.push(text));
    expect(await failureOf(stream.finalMessage())).toBeInstanceOf(APIError);
    expect(said.join('')).not.toBe('');
  });

  it('leaves in the midst of a stream: the upstream is told', async () => {
    const user = newUser();
    await fault({ user, delay_chunk_ms: 100 });
    const stream = client.messages.stream(ask(longText, user));
    stream.on('text', () => stream.abort());
    expect(await failureOf(stream.finalMessage())).toBeInstanceOf(APIUserAbortError);
    await cancelledUpstream(user);
  });
});
