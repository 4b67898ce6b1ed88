import { isJsonObject, type JsonObject } from '#common';

/** OpenRouter's members that bring models of their own: saved presets, and plugins such as fusion and the auto-router. */
const routing = ['preset', 'plugins'] as const;

/**
 * The ways other than `model` and `models` by which a body may lead to a model, named as the caller wrote them: routing
 * members, OpenRouter's server tools, and a misspelt case (`Model`), which some parsers take for the real name.
 */
export function otherRoutesIn(body: JsonObject): string[] {
  const routes = routing.filter((name) => body[name] !== undefined && body[name] !== null);
  const misspelt = Object.keys(body).filter((name) => /^models?$/i.test(name) && !/^models?$/.test(name));
  const tools = Array.isArray(body['tools']) ? body['tools'] : [];
  const serverTools = tools.flatMap((tool: unknown) =>
    isJsonObject(tool) && typeof tool['type'] === 'string' && tool['type'].startsWith('openrouter:')
      ? tool['type']
      : [],
  );
  return [...routes, ...misspelt, ...serverTools];
}
