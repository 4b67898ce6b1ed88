import { InvalidRequestError, type JsonObject } from '#common';
import { readName, readObject, readString, required } from '../request-fields.js';
import { untranslatable } from '../untranslatable.js';

/** The caller's own tools as chat functions; tools that the provider would run are not to be had here. */
export function chatTools(tools: unknown[] | undefined): JsonObject[] | undefined {
  return tools && tools.length > 0 ? tools.map((tool, i) => chatTool(tool, `tools[${i}]`)) : undefined;
}

function chatTool(value: unknown, param: string): JsonObject {
  const tool = required(readObject(value, param), param);
  const type = readName(tool['type'], `${param}.type`) ?? 'custom';
  // OpenRouter's own server tools are the same in all of its APIs.
  if (type.startsWith('openrouter:')) return tool;
  if (type !== 'custom') throw untranslatable(`${param}.type`, `a tool of type '${type}'`);
  return {
    type: 'function',
    function: {
      name: required(readName(tool['name'], `${param}.name`), `${param}.name`),
      description: readString(tool['description'], `${param}.description`),
      parameters: required(
        readObject(tool['input_schema'], `${param}.input_schema`),
        `${param}.input_schema`,
      ),
      strict: tool['strict'],
    },
  };
}

/** What may be called, in chat's words. */
export function chatToolChoice(choice: JsonObject | undefined): unknown {
  switch (choice?.['type']) {
    case undefined:
      return undefined;
    case 'auto':
    case 'none':
      return choice['type'];
    case 'any':
      return 'required';
    case 'tool': {
      const name = required(readName(choice['name'], 'tool_choice.name'), 'tool_choice.name');
      return { type: 'function', function: { name } };
    }
    default:
      throw new InvalidRequestError(
        `'tool_choice.type' must be 'auto', 'any', 'tool' or 'none'`,
        'tool_choice.type',
      );
  }
}
