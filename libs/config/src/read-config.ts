import { AppConfig, ConfigError } from './app-config.js';

/** The configuration of this process. A wrong environment ends it with a list of what is wrong, not with a stack. */
export function readConfig(): AppConfig {
  try {
    return new AppConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return process.exit(1);
  }
}
