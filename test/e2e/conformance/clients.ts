import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';
import { OpenRouter } from '@openrouter/sdk';
import { generateText, type LanguageModel, streamText } from 'ai';
import OpenAI from 'openai';
import { providers } from './ai-sdk.clients.js';
import { model } from './cases.js';
import type { Target } from './targets.js';

/** What all clients can do: ask for a text, whole or in a stream. Both throw what the client throws. */
export interface AnyClient {
  ask(text: string, user: string): Promise<string>;
  stream(text: string, user: string): Promise<string>;
}

type MakeClient = (target: Target, maxRetries: number) => AnyClient;

const openai: MakeClient = ({ origin, apiKey }, maxRetries) => {
  const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries });
  const body = (content: string, user: string) => ({
    model,
    user,
    messages: [{ role: 'user' as const, content }],
  });
  return {
    ask: async (text, user) =>
      (await client.chat.completions.create(body(text, user))).choices[0]?.message.content ?? '',
    stream: async (text, user) =>
      (await client.chat.completions.stream(body(text, user)).finalContent()) ?? '',
  };
};

const langchain: MakeClient = ({ origin, apiKey }, maxRetries) => {
  const client = (user: string) =>
    new ChatOpenAI({ apiKey, model, user, maxRetries, configuration: { baseURL: `${origin}/v1` } });
  return {
    ask: async (text, user) => (await client(user).invoke(text)).text,
    stream: async (text, user) =>
      (await Array.fromAsync(await client(user).stream(text))).map((chunk) => chunk.text).join(''),
  };
};

const aiSdk =
  (chat: (target: Target) => LanguageModel): MakeClient =>
  (target, maxRetries) => {
    const call = (prompt: string, user: string) => ({
      model: chat(target),
      maxRetries,
      prompt,
      // Each provider looks for its options under its own name.
      providerOptions: { gateway: { user }, openrouter: { user } },
    });
    return {
      ask: async (text, user) => (await generateText(call(text, user))).text,
      async stream(text, user) {
        let said = '';
        const { fullStream } = streamText({ ...call(text, user), onError: () => undefined });
        for await (const part of fullStream) {
          if (part.type === 'error') throw part.error;
          if (part.type === 'text-delta') said += part.text;
        }
        return said;
      },
    };
  };

const openrouter: MakeClient = ({ origin, apiKey }, maxRetries) => {
  const backoff = { initialInterval: 100, maxInterval: 5_000, exponent: 1.5, maxElapsedTime: 10_000 };
  const client = new OpenRouter({
    serverURL: `${origin}/api/v1`,
    apiKey,
    retryConfig: maxRetries === 0 ? { strategy: 'none' } : { strategy: 'backoff', backoff },
  });
  const send = (content: string, user: string, stream: boolean) =>
    client.chat.send(
      { chatRequest: { model, user, stream, messages: [{ role: 'user', content }] } },
      // By itself it repeats after 5xx only.
      { retryCodes: ['429', '5XX'] },
    );
  return {
    async ask(text, user) {
      const answer = await send(text, user, false);
      const content: unknown = 'choices' in answer ? answer.choices[0]?.message.content : undefined;
      return typeof content === 'string' ? content : '';
    },
    async stream(text, user) {
      const answer = await send(text, user, true);
      if ('choices' in answer) throw new Error('It was no stream');
      let said = '';
      for await (const { choices, error } of answer) {
        if (error) throw new Error(error.message);
        said += choices[0]?.delta.content ?? '';
      }
      return said;
    },
  };
};

const anthropic: MakeClient = ({ origin, apiKey }, maxRetries) => {
  const client = new Anthropic({ baseURL: origin, apiKey, maxRetries });
  const body = (content: string, user: string) => ({
    model,
    user,
    max_tokens: 500,
    messages: [{ role: 'user' as const, content }],
  });
  const textOf = ({ content }: Anthropic.Message) =>
    content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  return {
    ask: async (text, user) => textOf(await client.messages.create(body(text, user))),
    stream: async (text, user) => textOf(await client.messages.stream(body(text, user)).finalMessage()),
  };
};

/** Every client that speaks chat, to the gateway and to what stands behind it. */
export const chatClients: [name: string, make: MakeClient][] = [
  ['openai', openai],
  ['@langchain/openai', langchain],
  ['@openrouter/sdk', openrouter],
  ...providers.map(([name, models]): [string, MakeClient] => [
    name,
    aiSdk((target) => models(target).chat(model)),
  ]),
];

/** The gateway has a door for this one, too. */
export const allClients: typeof chatClients = [...chatClients, ['@anthropic-ai/sdk', anthropic]];

/** The HTTP status that a client found. */
export const statusOf = (error: unknown): unknown => {
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  return status ?? statusCode;
};
