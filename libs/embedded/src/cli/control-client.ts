import { request } from 'node:http';

import type { LogSettings } from '../supervisor/log-settings.js';
import type { AppName, SupervisorStatus } from '../supervisor/supervisor.js';

/** Talks to a running supervisor over its unix socket. */
export class ControlClient {
  constructor(private readonly socketPath: string) {}

  /** Undefined when no supervisor answers. */
  async status(): Promise<SupervisorStatus | undefined> {
    return this.call<SupervisorStatus>('GET', '/status').catch(() => undefined);
  }

  /** The environment that the supervisor gives to apps, or that one of them runs in. */
  environment(app: AppName | '' = ''): Promise<NodeJS.ProcessEnv> {
    return this.call<NodeJS.ProcessEnv>('GET', `/environment/${app}`);
  }

  /** Resolves when the app is ready. */
  async start(app: AppName): Promise<void> {
    await this.call('POST', `/start/${app}`);
  }

  /** Resolves when the app is ready again, with these log settings. */
  async restart(app: AppName, settings: LogSettings): Promise<void> {
    await this.call('POST', `/restart/${app}`, settings);
  }

  async stop(): Promise<void> {
    await this.call('POST', '/stop');
  }

  /** The shape is the caller's claim: both ends of the socket are this version of this program. */
  private call<Body>(method: string, path: string, body?: object): Promise<Body> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.socketPath, method, path }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          if ((response.statusCode ?? 500) >= 300) reject(new Error(text));
          else resolve(JSON.parse(text));
        });
      });
      call.on('error', reject);
      call.end(body && JSON.stringify(body));
    });
  }
}
