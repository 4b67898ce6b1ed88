import { request } from 'node:http';

import type { SupervisorStatus } from '../supervisor/supervisor.js';

/** Talks to a running supervisor over its unix socket. */
export class ControlClient {
  constructor(private readonly socketPath: string) {}

  /** Undefined when no supervisor answers. */
  async status(): Promise<SupervisorStatus | undefined> {
    return this.call<SupervisorStatus>('GET', '/status').catch(() => undefined);
  }

  /** The environment of the running apps. */
  environment(): Promise<NodeJS.ProcessEnv> {
    return this.call<NodeJS.ProcessEnv>('GET', '/environment');
  }

  /** Resolves when the app is ready. */
  async change(verb: 'start' | 'restart', app: string): Promise<void> {
    await this.call('POST', `/${verb}/${app}`);
  }

  async stop(): Promise<void> {
    await this.call('POST', '/stop');
  }

  /** The shape is the caller's claim: both ends of the socket are this version of this program. */
  private call<Body>(method: string, path: string): Promise<Body> {
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
      call.end();
    });
  }
}
