import type { JsonObject } from '#common';

/**
 * Members that every door passes on as they are: our own `context`, and those with which OpenRouter's callers choose models and
 * providers, whichever of its APIs they speak. What is not listed does not reach the upstream, so that no member can mean one
 * thing to the gateway and another behind it.
 */
const everyDoors = [
  'context',
  'models',
  'route',
  'provider',
  'plugins',
  'preset',
  'transforms',
  'session_id',
  'user',
  'trace',
  'seed',
  'top_k',
  'min_p',
  'top_a',
  'repetition_penalty',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
] as const;

/** The members of a door's body that a chat body takes unchanged. @param own names that this door adds */
export const kept = (body: JsonObject, own: readonly string[]): JsonObject =>
  Object.fromEntries(
    [...everyDoors, ...own].filter((name) => body[name] != null).map((name) => [name, body[name]]),
  );
