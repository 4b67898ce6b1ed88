import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '#config';
import { CompletionClient } from './completion-client.js';
import { OpenRouterApi } from './openrouter-api.js';
import { requestHeaders } from './request-headers.js';
import { UpstreamJournal } from './upstream-journal.js';

const completionClient = {
  provide: CompletionClient,
  inject: [AppConfig],
  useFactory: ({ openrouter }: AppConfig) =>
    new CompletionClient({
      baseUrl: openrouter.OPENROUTER_BASE_URL,
      headers: requestHeaders(openrouter),
      connectTimeoutMs: openrouter.OPENROUTER_CONNECT_TIMEOUT_MS,
    }),
};

/** The upstream edge: two clients and what they tell. No policy. */
@Module({
  providers: [UpstreamJournal, OpenRouterApi, completionClient],
  exports: [UpstreamJournal, OpenRouterApi, CompletionClient],
})
export class OpenRouterModule implements OnApplicationShutdown {
  constructor(private readonly completions: CompletionClient) {}

  /** By now the http server has finished its streams; what is left are idle connections. */
  async onApplicationShutdown(): Promise<void> {
    await this.completions.close();
  }
}
