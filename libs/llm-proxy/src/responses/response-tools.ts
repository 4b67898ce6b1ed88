import { InvalidRequestError, isJsonObject, type JsonObject } from '#common';
import { readList, readName, readObject, readString, required } from '../request-fields.js';
import { untranslatable } from '../untranslatable.js';

/**
 * The caller's functions, and which of them may be called, in chat's words. `allowed_tools` becomes a list of those alone.
 * @throws InvalidRequestError for tools that the provider would run
 */
export function chatToolsAndChoice(body: JsonObject): JsonObject {
  const tools = (readList(body['tools'], 'tools') ?? []).map((tool, i) => chatTool(tool, `tools[${i}]`));
  const choice = body['tool_choice'];
  if (isJsonObject(choice) && choice['type'] === 'allowed_tools') {
    const names = namesIn(choice);
    const allowed = tools.filter(
      (tool) => isJsonObject(tool['function']) && names.has(tool['function']['name']),
    );
    return { ...listed(allowed), tool_choice: choice['mode'] ?? 'auto' };
  }
  return { ...listed(tools), tool_choice: chatToolChoice(choice) };
}

const listed = (tools: JsonObject[]): JsonObject => (tools.length > 0 ? { tools } : {});

function chatTool(value: unknown, param: string): JsonObject {
  const tool = required(readObject(value, param), param);
  const type = required(readName(tool['type'], `${param}.type`), `${param}.type`);
  // OpenRouter's own server tools are the same in all of its APIs.
  if (type.startsWith('openrouter:')) return tool;
  if (type !== 'function') throw untranslatable(`${param}.type`, `a tool of type '${type}'`);
  return {
    type,
    function: {
      name: required(readName(tool['name'], `${param}.name`), `${param}.name`),
      description: readString(tool['description'], `${param}.description`),
      parameters: readObject(tool['parameters'], `${param}.parameters`),
      strict: tool['strict'] ?? undefined,
    },
  };
}

function chatToolChoice(choice: unknown): unknown {
  if (choice == null) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  if (isJsonObject(choice) && choice['type'] === 'function') {
    const name = required(readName(choice['name'], 'tool_choice.name'), 'tool_choice.name');
    return { type: 'function', function: { name } };
  }
  throw new InvalidRequestError(
    `'tool_choice' must be 'auto', 'none', 'required', a function or a list of allowed ones`,
    'tool_choice',
  );
}

function namesIn(choice: JsonObject): Set<unknown> {
  const tools = required(readList(choice['tools'], 'tool_choice.tools'), 'tool_choice.tools');
  return new Set(
    tools.map(
      (tool, i) => required(readObject(tool, `tool_choice.tools[${i}]`), `tool_choice.tools[${i}]`)['name'],
    ),
  );
}
