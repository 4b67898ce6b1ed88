import type { OpenAPIObject } from '@nestjs/swagger';
import { messagesDoor } from './error-dialect.js';
import { ErrorDto, MessageErrorDto } from './error.dto.js';

const refTo = (dto: { name: string }) => ({ $ref: `#/components/schemas/${dto.name}` });

/** Documents the errors of a door with a dialect of its own as they are written there, whoever documented them. */
export function withDoorErrors(document: OpenAPIObject): OpenAPIObject {
  for (const [path, { post }] of Object.entries(document.paths)) {
    if (!post || !messagesDoor.test(path)) continue;
    for (const response of Object.values(post.responses)) {
      if (!response || !('content' in response)) continue;
      const schema = response.content?.['application/json']?.schema;
      // Replaced and not changed: responses of other routes may share it.
      if (schema && '$ref' in schema && schema.$ref === refTo(ErrorDto).$ref) {
        response.content = { 'application/json': { schema: refTo(MessageErrorDto) } };
      }
    }
  }
  return document;
}
