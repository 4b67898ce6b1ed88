export { AppConfig } from './app-config.js';
export { ConfigModule } from './config.module.js';
export { environment } from './environment.js';
export { readConfig } from './read-config.js';
