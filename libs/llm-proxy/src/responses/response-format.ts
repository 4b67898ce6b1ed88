import { InvalidRequestError, type JsonObject } from '#common';
import { readName, readObject, readString, required } from '../request-fields.js';

/** Chat's `response_format` for `text.format`: the same shapes, one level less deep. */
export function chatResponseFormat(value: unknown): JsonObject | undefined {
  const format = readObject(value, 'text.format');
  switch (format?.['type']) {
    case undefined:
    case 'text':
      return undefined;
    case 'json_object':
      return { type: 'json_object' };
    case 'json_schema': {
      const param = 'text.format.schema';
      const json_schema = {
        name: required(readName(format['name'], 'text.format.name'), 'text.format.name'),
        description: readString(format['description'], 'text.format.description'),
        schema: required(readObject(format['schema'], param), param),
        strict: format['strict'] ?? undefined,
      };
      return { type: 'json_schema', json_schema };
    }
    default:
      throw new InvalidRequestError(
        `'text.format.type' must be 'text', 'json_object' or 'json_schema'`,
        'text.format.type',
      );
  }
}
