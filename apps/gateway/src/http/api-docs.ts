import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { withDoorErrors } from './door-errors.js';
import { withShapeErrors } from './shape-errors.js';

const description = [
  'Point your OpenAI client at this gateway and keep your code. Workspace routes take an API key (`ctx_…`) as Bearer token or',
  '`x-api-key`; admin routes take `ADMIN_API_KEY` as Bearer token. Everything under `/v1` is also served under `/api/v1`.',
  'Errors have the OpenAI shape, `{error: {message, type, param, code}}`, and under `/v1/messages` Anthropic’s; every answer',
  'carries `x-request-id`.',
].join(' ');

// Nest would say that our keys are JWTs.
const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'opaque' } as const;

/** The description of the API, as committed in docs/openapi.json and shown in Swagger UI. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const document = new DocumentBuilder()
    .setTitle('Context Memory Gateway')
    .setDescription(description)
    .setVersion('1')
    .addBearerAuth({ ...bearer, description: 'An API key of a workspace: ctx_…' }, 'api-key')
    .addBearerAuth({ ...bearer, description: 'ADMIN_API_KEY' }, 'admin-key')
    .build();
  return withDoorErrors(withShapeErrors(SwaggerModule.createDocument(app, document)));
}

/** Swagger UI under /docs, its document under /docs/openapi.json. */
export function serveApiDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'docs/openapi.json',
  });
}
