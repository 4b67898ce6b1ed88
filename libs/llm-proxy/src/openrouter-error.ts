import type { GatewayError } from '#common';
import type { AnswerSink } from './answer-sink.js';

/** As OpenRouter writes errors: clients of its API parse `code` as the status's number; our word for it stands beside. */
export const openRouterErrorBody = (error: GatewayError) => ({
  error: {
    code: error.httpStatus,
    message: error.message,
    type: error.type,
    param: error.param ?? null,
    metadata: { error_type: error.code },
  },
});

/** The last event of a stream that cannot go on: a chunk like the others, that finishes with the error. */
export function openRouterErrorEvent(error: GatewayError): string {
  const chunk = {
    id: '',
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1_000),
    model: '',
    choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: 'error' }],
    ...openRouterErrorBody(error),
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** The client's sink, whose failures are OpenRouter's. */
export const withOpenRouterErrors = (client: AnswerSink): AnswerSink => ({
  start: (status, headers) => client.start(status, headers),
  write: (bytes) => client.write(bytes),
  end: () => client.end(),
  fail: (error) => client.write(Buffer.from(openRouterErrorEvent(error))),
});
