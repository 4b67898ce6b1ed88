import type { AppConfig } from '#config';

/** The headers of every upstream call: our key, and who we are (OpenRouter ranks apps by these two). */
export function requestHeaders(config: AppConfig['openrouter']): Record<string, string> {
  const headers: Record<string, string> = {};
  if (config.OPENROUTER_API_KEY !== '') headers['authorization'] = `Bearer ${config.OPENROUTER_API_KEY}`;
  if (config.OPENROUTER_APP_URL !== '') headers['http-referer'] = config.OPENROUTER_APP_URL;
  if (config.OPENROUTER_APP_TITLE !== '') headers['x-openrouter-title'] = config.OPENROUTER_APP_TITLE;
  return headers;
}
