import { isJsonObject, type JsonObject } from '#common';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function resolve(schema: JsonObject, root: JsonObject): JsonObject {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  let target: unknown = root;
  for (const step of reference.split('/').slice(1)) target = isJsonObject(target) ? target[step] : undefined;
  return isJsonObject(target) ? target : {};
}

function exampleOfType(schema: JsonObject, text: string, root: JsonObject, depth: number): unknown {
  const type = list(schema['type'])[0] ?? schema['type'] ?? ('properties' in schema ? 'object' : 'string');
  const minimum = typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
  switch (type) {
    case 'object': {
      const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
      return Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [
          name,
          example(property, text, root, depth + 1),
        ]),
      );
    }
    case 'array': {
      const length = typeof schema['minItems'] === 'number' ? schema['minItems'] : 1;
      return Array.from({ length }, () => example(schema['items'], text, root, depth + 1));
    }
    case 'integer':
      return Math.ceil(minimum);
    case 'number':
      return minimum;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default: {
      const most = typeof schema['maxLength'] === 'number' ? schema['maxLength'] : Infinity;
      const least = typeof schema['minLength'] === 'number' ? schema['minLength'] : 0;
      return Array.from(text).slice(0, most).join('').padEnd(least, '.');
    }
  }
}

function example(schema: unknown, text: string, root: JsonObject, depth: number): unknown {
  // A schema may refer to itself; nobody asks a test for a tree deeper than this.
  if (!isJsonObject(schema) || depth > 8) return null;
  const resolved = resolve(schema, root);
  if ('const' in resolved) return resolved['const'];
  const choice = list(resolved['enum'])[0];
  if (choice !== undefined) return choice;
  const branch = [...list(resolved['anyOf']), ...list(resolved['oneOf']), ...list(resolved['allOf'])][0];
  return branch === undefined
    ? exampleOfType(resolved, text, root, depth)
    : example(branch, text, root, depth + 1);
}

/**
 * A value that fits a simple JSON schema: type, properties, items, enum, const, anyOf/oneOf/allOf (first branch),
 * minimum, minItems, minLength, maxLength, local `$ref`. Strings are filled with `text`.
 */
export const exampleFor = (schema: JsonObject, text: string): unknown => example(schema, text, schema, 0);
