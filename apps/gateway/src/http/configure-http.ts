import type { NestExpressApplication } from '@nestjs/platform-express';
import { PinoLogger } from 'nestjs-pino';
import type { AppConfig } from '#config';
import { withoutPrefix } from './api-prefix.middleware.js';
import { jsonBody } from './body.middleware.js';
import { ErrorFilter } from './error.filter.js';
import { requestLog } from './request-log.middleware.js';
import { validationPipe } from './validation.pipe.js';

/** What every request passes before its route, in this order. */
export async function configureHttp(app: NestExpressApplication, config: AppConfig): Promise<void> {
  app.set('trust proxy', config.server.TRUST_PROXY);
  app.set('etag', false);
  app.disable('x-powered-by');
  app.use(requestLog());
  app.use(withoutPrefix);
  app.use(jsonBody(config.server.MAX_BODY_BYTES));
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ErrorFilter(await app.resolve(PinoLogger)));
}
