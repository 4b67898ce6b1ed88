import { join } from 'node:path';

import type { Layout } from '../layout.js';
import { type Addresses, appEnvironment, wantsSimulator } from './app-environment.js';
import {
  ManagedProcess,
  type ProcessSpec,
  type ProcessStatus,
  type SupervisorLog,
} from './managed-process.js';
import type { LogSettings } from './log-settings.js';
import { PortBook } from './port-book.js';
import { type Programs } from './programs.js';
import { Progress, type Step } from './progress.js';
import { answersAt, reportsPort } from './readiness.js';
import { runOnce } from './run-once.js';
import { type Secrets, loadSecrets } from './secrets.js';
import { storeUrls } from './store-urls.js';

/** The two programs that operators start and restart. */
export type AppName = 'gateway' | 'worker';

/** The whole picture, as GET /status gives it. */
export interface SupervisorStatus {
  readonly pid: number;
  /** True once every wanted process was ready. */
  readonly started: boolean;
  readonly failed: boolean;
  readonly demo: boolean;
  readonly steps: readonly Step[];
  readonly processes: readonly ProcessStatus[];
}

/**
 * Runs a local installation: stores that are not given from outside, migrations, the simulator where there is no upstream,
 * then gateway and worker. Everything it starts ends with it.
 */
export class Supervisor {
  private readonly progress = new Progress();
  private readonly processes = new Map<string, ManagedProcess>();
  private readonly env: NodeJS.ProcessEnv;
  private readonly ports: PortBook;
  private readonly secrets: Secrets;
  private addresses: Addresses | undefined;
  private started = false;
  private failed = false;

  constructor(
    private readonly layout: Layout,
    private readonly programs: Programs,
    env: NodeJS.ProcessEnv,
    private readonly log: SupervisorLog,
    portPatienceMs = 0,
  ) {
    // Compiled code is kept: it takes half a second off each process's next start.
    this.env = { NODE_COMPILE_CACHE: join(layout.dataDir, 'compile-cache'), ...env };
    this.ports = new PortBook(layout.ports, portPatienceMs);
    this.secrets = loadSecrets(layout.secrets, env);
  }

  get status(): SupervisorStatus {
    const { started, failed } = this;
    const processes = [...this.processes.values()].map((one) => one.status);
    const demo = wantsSimulator(this.env);
    return { pid: process.pid, started, failed, demo, steps: this.progress.steps, processes };
  }

  /** The environment the apps run in: what a shell in the running app needs too. Undefined before the stores are up. */
  get appEnv(): NodeJS.ProcessEnv | undefined {
    return this.addresses && appEnvironment(this.env, this.secrets, this.addresses);
  }

  /** Starts everything up to the wanted apps. Failures show in the status; they are logged, not thrown. */
  async start(apps: readonly AppName[]): Promise<void> {
    try {
      const stores = [this.startPostgres(), this.startRedis(), this.startSimulator()] as const;
      const [databaseUrl, redisUrl, simulatorUrl] = await Promise.all(stores);
      this.addresses = { databaseUrl, redisUrl, simulatorUrl, embeddedDatabase: !this.env['DATABASE_URL'] };
      await this.progress.step('migrations', () => this.migrate(), this.logOf('migrations'));
      await Promise.all(apps.map((name) => this.startApp(name)));
      this.started = true;
    } catch (error) {
      this.failed = true;
      this.log('error', 'start_failed', { error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Starts an app that does not run, or does nothing. */
  async startApp(name: AppName): Promise<void> {
    const log = this.logOf(name);
    await this.progress.step(
      name,
      async () => {
        const app = this.processes.get(name) ?? this.add(await this.appSpec(name));
        await app.start();
        return `http://127.0.0.1:${app.spec.port}`;
      },
      log,
    );
  }

  /** Restarts it as it is built now, migrations included, with these log settings; one that is not given is unset. */
  async restartApp(name: AppName, logSettings: LogSettings): Promise<void> {
    await this.migrate();
    const app = this.processes.get(name);
    await (app ? app.restart({ ...app.spec.env, ...logSettings }) : this.startApp(name));
  }

  /** The environment of one app as it runs, else what {@link appEnv} says. */
  environmentOf(name: AppName): NodeJS.ProcessEnv | undefined {
    return this.processes.get(name)?.spec.env ?? this.appEnv;
  }

  /** Stops everything, apps before what they use. */
  async stop(): Promise<void> {
    await Promise.all([this.processes.get('gateway')?.stop(), this.processes.get('worker')?.stop()]);
    await Promise.all([...this.processes.values()].map((one) => one.stop()));
  }

  private async startPostgres(): Promise<string> {
    const given = this.env['DATABASE_URL'];
    if (given) return given;
    const port = await this.startStore('postgres', 5432, this.layout.postgres);
    return storeUrls.postgres(port);
  }

  private async startRedis(): Promise<string> {
    const given = this.env['REDIS_URL'];
    if (given) return given;
    return storeUrls.redis(await this.startStore('redis', 6379, this.layout.redis));
  }

  private async startSimulator(): Promise<string | undefined> {
    if (!wantsSimulator(this.env)) return undefined;
    return `http://127.0.0.1:${await this.startStore('simulator', 0, undefined)}/api/v1`;
  }

  private async startStore(
    name: 'postgres' | 'redis' | 'simulator',
    wellKnown: number,
    dataPath: string | undefined,
  ) {
    const port = await this.ports.choose(name, wellKnown);
    const env = { ...this.env, PORT: String(port), DATA_PATH: dataPath };
    const store = this.add({ ...this.spec(name, port), env, readiness: reportsPort });
    await this.progress.step(name, async () => (await store.start(), `127.0.0.1:${port}`), this.logOf(name));
    return port;
  }

  /** @returns what the migrations said last */
  private migrate(): Promise<string> {
    const { migrate, cwd } = this.programs;
    return runOnce(migrate, this.appEnv ?? {}, cwd, this.logOf('migrations'));
  }

  private async appSpec(name: AppName): Promise<ProcessSpec> {
    const variable = name === 'gateway' ? 'PORT' : 'WORKER_HEALTH_PORT';
    const wellKnown = Number(this.env[variable]) || (name === 'gateway' ? 8080 : 8081);
    const port = await this.ports.choose(name, wellKnown);
    const env = { ...this.appEnv, [variable]: String(port) };
    return { ...this.spec(name, port), env, readiness: answersAt(`http://127.0.0.1:${port}/health/ready`) };
  }

  private spec(name: 'postgres' | 'redis' | 'simulator' | AppName, port: number) {
    return { name, port, file: this.programs[name], cwd: this.programs.cwd, logFile: this.logOf(name) };
  }

  private add(spec: ProcessSpec): ManagedProcess {
    const added = new ManagedProcess(spec, this.log);
    this.processes.set(spec.name, added);
    return added;
  }

  private logOf(name: string): string {
    return join(this.layout.logs, name === 'gateway' ? 'app.log' : `${name}.log`);
  }
}
