import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger, PinoLogger } from 'nestjs-pino';
import { countTokens } from '#common';
import { AppConfig, readConfig } from '#config';
import { startSentry } from '#observability';
import { GatewayModule } from './gateway.module.js';
import { serveApiDocs } from './http/api-docs.js';
import { configureHttp } from './http/configure-http.js';
import { endGracefully } from './http/graceful-shutdown.js';
import { LeanExpressAdapter } from './http/lean-express.adapter.js';
import { FrontDoors } from './llm-proxy/front-doors.js';

/** Builds the gateway without opening its port; the shell and the OpenAPI writer use it, too. */
export async function createGateway(): Promise<NestExpressApplication> {
  const adapter = new LeanExpressAdapter();
  const app = await NestFactory.create<NestExpressApplication>(GatewayModule, adapter, {
    bodyParser: false,
    bufferLogs: true,
    // A boot that fails must say so at once, not after a buffer was thrown away.
    abortOnError: false,
    forceCloseConnections: false,
  });
  app.useLogger(app.get(Logger));
  app.flushLogs();
  await configureHttp(app, app.get(AppConfig));
  const frontDoors = app.get(FrontDoors, { strict: false });
  adapter.askFirst((request, response) => frontDoors.take(request, response));
  serveApiDocs(app);
  return app;
}

/** Starts the HTTP process; the port opens last, when every part is ready. */
export async function startGateway(): Promise<void> {
  const config = readConfig();
  startSentry(config, 'gateway');
  const app = await createGateway();
  // Loads the vocabulary now (0.3 s), not in the first caller's time.
  countTokens('');
  endGracefully(app, await app.resolve(PinoLogger), config.server.SHUTDOWN_GRACE_MS);
  await app.listen(config.server.PORT, config.server.HOST);
  app.get(Logger).log({ url: await app.getUrl(), message: 'gateway_started' });
}
