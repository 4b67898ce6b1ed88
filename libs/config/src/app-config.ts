import { cleanEnv, type CleanedEnv } from 'envalid';
import { environment } from './environment.js';

type Groups = typeof environment;
type Read<Group extends keyof Groups> = Readonly<CleanedEnv<Groups[Group]>>;

/** What the process was told by its environment: validated, typed, frozen, one object per concern. */
export class AppConfig {
  readonly server: Read<'server'>;
  readonly database: Read<'database'>;
  readonly redis: Read<'redis'>;
  readonly auth: Read<'auth'>;
  readonly rateLimit: Read<'rateLimit'>;
  readonly openrouter: Read<'openrouter'>;
  readonly embedding: Read<'embedding'>;
  readonly memory: Read<'memory'>;
  readonly usage: Read<'usage'>;
  readonly answers: Read<'answers'>;
  readonly observability: Read<'observability'>;

  /**
   * @param env usually process.env; variables we do not know are ignored.
   * @throws ConfigError with one line per wrong or missing variable.
   */
  constructor(env: NodeJS.ProcessEnv) {
    // People write LOG_LEVEL=DEBUG, as the debugging plan does.
    const level = env['DEBUG'] === 'true' || env['DEBUG'] === '1' ? 'debug' : env['LOG_LEVEL']?.toLowerCase();
    const given = withoutEmpty(level === undefined ? env : { ...env, LOG_LEVEL: level });
    const faults: string[] = [];
    const read = <Group extends keyof Groups>(group: Group): Read<Group> =>
      cleanEnv(given, environment[group], {
        reporter: ({ errors }) => {
          for (const [name, error] of Object.entries(errors)) {
            faults.push(`${name}: ${error instanceof Error ? error.message || 'is missing' : String(error)}`);
          }
        },
      });
    this.server = read('server');
    this.database = read('database');
    this.redis = read('redis');
    this.auth = read('auth');
    this.rateLimit = read('rateLimit');
    this.openrouter = read('openrouter');
    this.embedding = read('embedding');
    this.memory = read('memory');
    this.usage = read('usage');
    this.answers = read('answers');
    this.observability = read('observability');
    if (faults.length > 0) throw new ConfigError(faults);
    Object.freeze(this);
  }
}

/** The environment is wrong; the process must not start. */
export class ConfigError extends Error {
  constructor(faults: string[]) {
    super(`The environment is not right:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** `NAME=` in an env file means "not set", not "the empty string". */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
