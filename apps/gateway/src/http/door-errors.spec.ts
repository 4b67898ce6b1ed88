import { describe, expect, it } from 'vitest';
import { withDoorErrors } from './door-errors.js';
import { withShapeErrors } from './shape-errors.js';

describe('withDoorErrors', () => {
  const route = () => ({ post: { requestBody: { content: {} }, responses: {} } });
  const { paths } = withDoorErrors(
    withShapeErrors({
      openapi: '3.0.0',
      info: { title: 'x', version: '1' },
      paths: { '/v1/messages': route(), '/v1/responses': route() },
    }),
  );

  it.each([
    ['/v1/messages', 'MessageErrorDto'],
    ['/v1/responses', 'ErrorDto'],
  ])('documents the errors of %s as %s', (path, dto) => {
    for (const status of ['400', '413', '415']) {
      expect(paths[path]?.post?.responses[status]).toMatchObject({
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${dto}` } } },
      });
    }
  });
});
