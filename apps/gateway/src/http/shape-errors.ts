import type { OpenAPIObject } from '@nestjs/swagger';
import { ErrorDto } from './error.dto.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

const ofBody = {
  400: 'The body is not JSON or a field is wrong; `error.param` names it',
  413: 'The body is larger than MAX_BODY_BYTES',
  415: 'The body is not `application/json`, or compressed in a way we do not read',
};
const ofQuery = { 400: 'A parameter is wrong; `error.param` names it' };
const ofId = { 404: 'No such thing, or not yours' };

/** Adds the refusals that follow from what an operation takes, so that no route has to repeat them. */
export function withShapeErrors(document: OpenAPIObject): OpenAPIObject {
  for (const path of Object.values(document.paths)) {
    for (const method of methods) {
      const operation = path[method];
      if (operation) operation.responses = { ...errorsOf(operation), ...operation.responses };
    }
  }
  return document;
}

function errorsOf({ requestBody, parameters = [] }: Operation): Operation['responses'] {
  const takes = (place: string) =>
    parameters.some((parameter) => 'in' in parameter && parameter.in === place);
  const when = { ...(takes('query') && ofQuery), ...(requestBody && ofBody), ...(takes('path') && ofId) };
  return Object.fromEntries(
    Object.entries(when).map(([status, description]) => [status, { description, content }]),
  );
}

const content = { 'application/json': { schema: { $ref: `#/components/schemas/${ErrorDto.name}` } } };
