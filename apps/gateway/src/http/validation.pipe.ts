import { type ArgumentMetadata, ValidationPipe, type ValidationError } from '@nestjs/common';
import { InvalidRequestError, isJsonObject } from '#common';

/** Checks bodies and queries against their DTOs; unknown fields are refused, and every refusal names the field. */
export const validationPipe = () =>
  new BodyValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    exceptionFactory: (errors) => {
      const { path, message } = firstFault(errors);
      return new InvalidRequestError(message, path);
    },
  });

/** Nest lets a missing body pass where every field may be left out, and the handler would be given nothing. */
class BodyValidationPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && !isJsonObject(value))
      throw new InvalidRequestError('The body must be a JSON object', 'body');
    return super.transform(value, metadata);
  }
}

/** The first fault in depth-first order, with its path as the caller would write it: `items[3].content`. */
export function firstFault(errors: ValidationError[], parent = ''): { path: string; message: string } {
  const [error] = errors;
  if (!error) return { path: parent, message: 'The request is not valid' };
  const path = join(parent, error.property);
  if (error.children && error.children.length > 0) return firstFault(error.children, path);
  const [rule, text] = Object.entries(error.constraints ?? {})[0] ?? ['', 'is not valid'];
  if (rule === 'whitelistValidation') return { path, message: `Unknown field '${path}'` };
  // class-validator's texts begin with the property's own name; the whole path says more.
  return { path, message: text.replace(error.property, path) };
}

function join(parent: string, property: string): string {
  if (/^\d+$/.test(property)) return `${parent}[${property}]`;
  return parent === '' ? property : `${parent}.${property}`;
}
