import { bool, str, url } from 'envalid';
import { limitNames } from '#common';
import { intBetween, listOf, secret, shareOfOne } from './validators.js';

const day = 86_400;

/**
 * Every environment variable the product reads, grouped by concern. The table in docs/configuration.md is generated from
 * this, so what is not described here does not exist.
 */
export const environment = {
  server: {
    NODE_ENV: str({
      choices: ['development', 'test', 'production'],
      default: 'development',
      desc: 'Name of the environment in logs. The simulator refuses to start in `production`.',
    }),
    PORT: intBetween(0, 65_535)({ default: 8080, desc: 'Port of the gateway.' }),
    HOST: str({ default: '0.0.0.0', desc: 'Address the gateway and the worker’s health port listen on.' }),
    WORKER_HEALTH_PORT: intBetween(
      0,
      65_535,
    )({ default: 8081, desc: 'Port of the worker’s health probes and metrics.' }),
    MAX_BODY_BYTES: intBetween(
      1024,
      104_857_600,
    )({ default: 10_485_760, desc: 'Largest request body in bytes; more is a 413.' }),
    SHUTDOWN_GRACE_MS: intBetween(
      0,
      600_000,
    )({ default: 30_000, desc: 'Milliseconds that open streams get to finish after SIGTERM.' }),
    STREAM_KEEPALIVE_MS: intBetween(
      0,
      600_000,
    )({
      default: 15_000,
      desc: 'A begun stream in which nothing is sent for so long gets a comment (`ping` behind `/v1/messages`), so that no proxy in between cuts it; 0: never.',
    }),
    TRUST_PROXY: str({
      default: 'loopback',
      desc: 'Whose `X-Forwarded-For` is believed (Express “trust proxy”).',
    }),
  },
  database: {
    DATABASE_URL: url({ desc: 'PostgreSQL with pgvector, e.g. `postgres://user:pass@host:5432/db`.' }),
    DATABASE_POOL_SIZE: intBetween(1, 200)({ default: 10, desc: 'Connections per process.' }),
    DATABASE_STATEMENT_TIMEOUT_MS: intBetween(
      100,
      600_000,
    )({ default: 15_000, desc: 'A statement that takes longer is cancelled.' }),
    DATABASE_SLOW_QUERY_MS: intBetween(
      1,
      60_000,
    )({ default: 500, desc: 'Slower queries are logged as `db_query_slow`.' }),
  },
  redis: {
    REDIS_URL: url({ desc: 'Redis or Valkey, e.g. `redis://host:6379/0`.' }),
    REDIS_COMMAND_TIMEOUT_MS: intBetween(
      10,
      5_000,
    )({
      default: 100,
      desc: 'A slow Redis is worse than a dead one: commands on the hot path give up after this.',
    }),
  },
  auth: {
    API_KEY_PEPPER: secret(16)({
      desc: 'Secret that keys the hashes of API keys. Changing it disables every key.',
    }),
    ADMIN_API_KEY: secret(16)({ desc: 'Bearer token of the admin API.' }),
    AUTH_CACHE_TTL_SECONDS: intBetween(
      1,
      3_600,
    )({
      default: 60,
      desc: 'How long a looked-up key is trusted while invalidation messages arrive (1 second when they do not).',
    }),
  },
  rateLimit: {
    RATE_LIMIT_REQUESTS: intBetween(
      1,
      1_000_000,
    )({ default: 600, desc: 'Requests a key may make per window.' }),
    RATE_LIMIT_WINDOW: intBetween(1, day)({ default: 60, desc: 'The window in seconds.' }),
    RATE_LIMIT_TOKENS: intBetween(
      0,
      100_000_000,
    )({ default: 2_000_000, desc: 'Tokens a key may use per minute; 0 = no limit.' }),
    RATE_LIMIT_PARALLEL: intBetween(
      0,
      100_000,
    )({ default: 1_000, desc: 'Calls a key may have in flight at once; 0 = no limit.' }),
    WORKSPACE_RATE_LIMIT_REQUESTS: intBetween(
      0,
      10_000_000,
    )({
      default: 0,
      desc: 'Requests all keys of a workspace together may make per window; 0 = no limit.',
    }),
    RATE_LIMIT_SHADOW: listOf(limitNames)({
      default: [],
      desc: `Limits that are evaluated and logged but let through: a comma list of ${limitNames.join(', ')}.`,
    }),
    DEFAULT_DAILY_QUOTA_TOKENS: intBetween(
      1,
      Number.MAX_SAFE_INTEGER,
    )({ default: 1_000_000, desc: 'Tokens a workspace may use per UTC day.' }),
    DEFAULT_MAX_TOKENS: intBetween(
      1,
      1_000_000,
    )({ default: 1_024, desc: 'Completion tokens reserved when a call names no `max_tokens`.' }),
    RATE_LIMIT_FAIL_MODE: str({
      choices: ['local', 'open', 'closed'],
      default: 'local',
      desc: 'When Redis is away: `local` = a conservative bucket in each process, `open` = let through, `closed` = 503.',
    }),
  },
  openrouter: {
    OPENROUTER_BASE_URL: url({
      default: 'https://openrouter.ai/api/v1',
      desc: 'Any OpenAI-compatible base URL.',
    }),
    OPENROUTER_API_KEY: str({
      default: '',
      desc: 'Our key there. `dev.sh start` runs a labelled simulator when it is empty.',
    }),
    OPENROUTER_CONNECT_TIMEOUT_MS: intBetween(
      100,
      60_000,
    )({ default: 5_000, desc: 'Time to open a connection.' }),
    OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: intBetween(
      100,
      600_000,
    )({ default: 60_000, desc: 'Time to the first real chunk of a stream.' }),
    OPENROUTER_IDLE_TIMEOUT_MS: intBetween(
      100,
      600_000,
    )({ default: 60_000, desc: 'Longest silence between two chunks.' }),
    OPENROUTER_TOTAL_TIMEOUT_MS: intBetween(
      1_000,
      3_600_000,
    )({ default: 600_000, desc: 'Longest call, all its attempts together.' }),
    OPENROUTER_MAX_ATTEMPTS: intBetween(
      1,
      20,
    )({
      default: 3,
      desc: 'After so many upstream calls for one completion no model is asked again. Fallback models that were not asked yet still are, each once.',
    }),
    OPENROUTER_RETRY_MAX_WAIT_MS: intBetween(
      0,
      60_000,
    )({
      default: 10_000,
      desc: 'Longest wait before a repeat. A `Retry-After` beyond it is not waited for, it is passed on.',
    }),
    OPENROUTER_RETRY_WINDOW_MS: intBetween(
      0,
      3_600_000,
    )({ default: 90_000, desc: 'So long after the call began no model is asked again.' }),
    OPENROUTER_BREAKER_MIN_CALLS: intBetween(
      1,
      100_000,
    )({
      default: 10,
      desc: 'A circuit breaker opens when more than half of at least so many calls within 30 seconds failed, or so many in a row.',
    }),
    OPENROUTER_BREAKER_OPEN_MS: intBetween(
      100,
      600_000,
    )({ default: 15_000, desc: 'How long a breaker stays open; then one call at a time tries again.' }),
    OPENROUTER_APP_URL: str({ default: '', desc: 'Sent as `HTTP-Referer`.' }),
    OPENROUTER_APP_TITLE: str({ default: 'Context Memory Gateway', desc: 'Sent as `X-OpenRouter-Title`.' }),
    MODEL_CATALOGUE_TTL_SECONDS: intBetween(
      1,
      day,
    )({
      default: 300,
      desc: 'How often the worker fetches the model list; gateways fetch one themselves that is twice as old.',
    }),
  },
  embedding: {
    EMBEDDING_PROVIDER: str({
      choices: ['local', 'openrouter'],
      default: 'local',
      desc: 'The embedding space that an installation begins with; then /admin/embedding-spaces decides. `local` = gte-small in a child process, no key and no network needed.',
    }),
    EMBEDDING_MODEL: str({
      default: 'openai/text-embedding-3-small',
      desc: 'Model for `EMBEDDING_PROVIDER=openrouter`.',
    }),
    EMBEDDING_DIMENSIONS: intBetween(8, 4_000)({ default: 1_536, desc: 'Dimensions of that model.' }),
    EMBEDDING_THREADS: intBetween(1, 64)({ default: 1, desc: 'CPU threads of the local model.' }),
    MODELS_DIR: str({ default: '.data/models', desc: 'Where the local model’s int8 graph is cached.' }),
  },
  memory: {
    CONTEXT_TOKEN_BUDGET: intBetween(
      16,
      1_000_000,
    )({ default: 1_024, desc: 'Tokens of recalled context when a call names no `token_budget`.' }),
    CONTEXT_MAX_CONTENT_CHARS: intBetween(
      100,
      5_000_000,
    )({ default: 500_000, desc: 'Longest text of one item or document.' }),
    CONTEXT_FILE_MAX_PAGES: intBetween(
      1,
      100_000,
    )({ default: 2_000, desc: 'Most pages of an uploaded PDF.' }),
    CONTEXT_FILE_TIMEOUT_MS: intBetween(
      1_000,
      120_000,
    )({ default: 30_000, desc: 'Longest that reading an uploaded file may take.' }),
    CONTEXT_FILE_MEMORY_MB: intBetween(
      128,
      8_192,
    )({ default: 512, desc: 'Most memory that the process which reads an uploaded file may use.' }),
    CONTEXT_WAIT_TIMEOUT_MS: intBetween(
      100,
      300_000,
    )({ default: 30_000, desc: 'Longest `?wait=true`; then the answer is 202.' }),
    CONTEXT_EXACT_SEARCH_ROWS: intBetween(
      0,
      10_000_000,
    )({
      default: 5_000,
      desc: 'Workspaces up to this many rows are searched exactly, larger ones by HNSW.',
    }),
    CONTEXT_RECALL_TIMEOUT_MS: intBetween(
      10,
      60_000,
    )({
      default: 2_000,
      desc: 'A chat call waits no longer for recall; then it goes on without and says so.',
    }),
    CONTEXT_MIN_RELEVANCE: shareOfOne({
      default: 0.3,
      desc: 'A chat call is given nothing from memory where it is less likely, 0 to 1, that memory knows something of the question.',
    }),
    CONTEXT_PROBE_INTERVAL_SECONDS: intBetween(
      60,
      86_400,
    )({
      default: 3_600,
      desc: 'Each workspace is asked so often for items of its own, to see how well recall works.',
    }),
  },
  usage: {
    USAGE_SPOOL_DIR: str({
      default: '.data/spool',
      desc: 'Where usage events wait on disk while neither Redis nor PostgreSQL takes them.',
    }),
    USAGE_SPOOL_MAX_BYTES: intBetween(
      0,
      Number.MAX_SAFE_INTEGER,
    )({
      default: 268_435_456,
      desc: 'Bytes that may wait there; when it is full, events wait in memory.',
    }),
    USAGE_RETENTION_MONTHS: intBetween(
      0,
      1_200,
    )({
      default: 13,
      desc: 'Whole months before this one whose usage events are kept; 0 = all. Sums by hour and day are kept for ever.',
    }),
  },
  answers: {
    ANSWERS_MAX_BYTES: intBetween(
      1_024,
      67_108_864,
    )({
      default: 4_194_304,
      desc: 'Longest answer, in bytes, that is kept in Redis for an `Idempotency-Key` or `x-cache`.',
    }),
  },
  observability: {
    LOG_LEVEL: str({
      choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      default: 'info',
      desc: 'Least level that is logged (any case).',
    }),
    LOG_PRETTY: bool({
      default: false,
      desc: 'Lines for people instead of JSON (needs the dev dependency pino-pretty).',
    }),
    DEBUG: bool({ default: false, desc: 'Sets LOG_LEVEL to debug.' }),
    SENTRY_DSN: str({ default: '', desc: 'Empty: no error tracking.' }),
  },
} as const;
