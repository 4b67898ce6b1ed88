import type { OpenAPIObject } from '@nestjs/swagger';
import { describe, expect, it } from 'vitest';
import { withShapeErrors } from './shape-errors.js';

const document = (): OpenAPIObject => ({
  openapi: '3.0.0',
  info: { title: 'x', version: '1' },
  paths: {
    '/live': { get: { responses: { 200: { description: 'ok' } } } },
    '/items': {
      get: { parameters: [{ name: 'limit', in: 'query' }], responses: {} },
      post: { requestBody: { content: {} }, responses: { 413: { description: 'said by the route itself' } } },
    },
    '/items/{id}/limits': {
      put: { parameters: [{ name: 'id', in: 'path' }], requestBody: { content: {} }, responses: {} },
    },
    '/items/{id}': { delete: { parameters: [{ name: 'id', in: 'path' }], responses: {} } },
  },
});

describe('withShapeErrors', () => {
  const { paths } = withShapeErrors(document());
  const statuses = (responses: object | undefined) => Object.keys(responses ?? {});

  it('adds the refusals that follow from what an operation takes, and no others', () => {
    expect(statuses(paths['/live']?.get?.responses)).toEqual(['200']);
    expect(statuses(paths['/items']?.get?.responses)).toEqual(['400']);
    expect(statuses(paths['/items']?.post?.responses)).toEqual(['400', '413', '415']);
    expect(statuses(paths['/items/{id}/limits']?.put?.responses)).toEqual(['400', '404', '413', '415']);
    expect(statuses(paths['/items/{id}']?.delete?.responses)).toEqual(['404']);
  });

  it('leaves alone what a route says itself', () => {
    expect(paths['/items']?.post?.responses['413']).toEqual({ description: 'said by the route itself' });
  });
});
