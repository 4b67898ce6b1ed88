import { Counter, Gauge, Histogram } from 'prom-client';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/**
 * Every metric of the product, in one place: `cmg_<area>_<what>_<unit>`. Labels are bounded sets: never a key, a workspace, a
 * model, a prompt or a raw URL.
 */
export const metrics = {
  http: {
    requestDuration: new Histogram({
      name: 'cmg_http_request_duration_seconds',
      help: 'Time from the first byte of a request to the last byte of its answer.',
      labelNames: ['method', 'route', 'status_code'],
      buckets: seconds,
    }),
    inFlight: new Gauge({ name: 'cmg_http_requests_in_flight', help: 'Requests being answered now.' }),
  },
  auth: {
    results: new Counter({
      name: 'cmg_auth_results_total',
      help: 'Key checks by result: success, or the reason of the refusal.',
      labelNames: ['result'],
    }),
    cache: new Counter({
      name: 'cmg_auth_cache_total',
      help: 'Key look-ups by where they were answered: hit, miss, negative, stale.',
      labelNames: ['outcome'],
    }),
  },
  rateLimit: {
    decisions: new Counter({
      name: 'cmg_rate_limit_decisions_total',
      help: 'Admissions by limit and decision (applied, exceeded; shadowed: would have been).',
      labelNames: ['limit', 'decision'],
    }),
    degraded: new Counter({
      name: 'cmg_rate_limit_degraded_total',
      help: 'Admissions decided without Redis, by fail mode.',
      labelNames: ['mode'],
    }),
    rebuilt: new Counter({
      name: 'cmg_rate_limit_quotas_rebuilt_total',
      help: 'Daily quotas that Redis did not know and that were counted anew from the ledger.',
    }),
  },
  tokens: {
    used: new Counter({
      name: 'cmg_tokens_used_total',
      help: 'Tokens settled, by kind (prompt, completion) and source.',
      labelNames: ['kind', 'source'],
    }),
  },
  database: {
    queryDuration: new Histogram({
      name: 'cmg_database_query_duration_seconds',
      help: 'Time of a scoped unit of work, connection included.',
      labelNames: ['operation'],
      buckets: seconds,
    }),
    pool: new Gauge({
      name: 'cmg_database_pool_connections',
      help: 'Connections of the pool by state (total, idle, waiting).',
      labelNames: ['state'],
    }),
    errors: new Counter({
      name: 'cmg_database_connection_errors_total',
      help: 'Connections that failed or were cut.',
    }),
  },
  redis: {
    up: new Gauge({ name: 'cmg_redis_up', help: '1 while the connection for commands is ready.' }),
    errors: new Counter({
      name: 'cmg_redis_errors_total',
      help: 'Commands that failed or timed out.',
      labelNames: ['operation'],
    }),
  },
  openrouter: {
    requestDuration: new Histogram({
      name: 'cmg_openrouter_request_duration_seconds',
      help: 'Time of an upstream call to its last byte.',
      labelNames: ['operation', 'outcome'],
      buckets: seconds,
    }),
    firstByte: new Histogram({
      name: 'cmg_openrouter_first_chunk_seconds',
      help: 'Time to the first real chunk of an upstream answer.',
      labelNames: ['operation'],
      buckets: seconds,
    }),
    errors: new Counter({
      name: 'cmg_openrouter_errors_total',
      help: 'Upstream failures by code.',
      labelNames: ['code'],
    }),
    attempts: new Counter({
      name: 'cmg_openrouter_attempts_total',
      help: 'Attempts at completions by outcome (answered, failed, skipped by an open breaker, cancelled).',
      labelNames: ['outcome'],
    }),
    wasted: new Counter({
      name: 'cmg_openrouter_wasted_attempts_total',
      help: 'Attempts that the upstream took and that reached no client, by code: what they cost is the operator’s.',
      labelNames: ['code'],
    }),
    keyRefused: new Counter({
      name: 'cmg_openrouter_key_refused_total',
      help: 'Calls for which the upstream refused our key or our credit.',
    }),
    breakers: new Gauge({
      name: 'cmg_openrouter_breaker_state',
      help: 'Circuit breakers that are not closed, by scope (upstream, model) and state (open, half_open).',
      labelNames: ['scope', 'state'],
    }),
  },
  models: {
    syncs: new Counter({
      name: 'cmg_models_syncs_total',
      help: 'Model lists by outcome: synced (stored by the worker), loaded (by a gateway), refused, failed.',
      labelNames: ['outcome'],
    }),
    listed: new Gauge({ name: 'cmg_models_listed', help: 'Models in the catalogue of this process.' }),
    asOf: new Gauge({
      name: 'cmg_models_as_of_timestamp_seconds',
      help: 'When the upstream gave the list that this process uses; Unix time.',
    }),
  },
  answers: {
    idempotentCalls: new Counter({
      name: 'cmg_answers_idempotent_calls_total',
      help: 'Calls with an Idempotency-Key: claimed (the first), known (replayed or attached), reused (refused), unavailable (Redis is away), too_large (not kept).',
      labelNames: ['outcome'],
    }),
    cacheLookups: new Counter({
      name: 'cmg_answers_cache_lookups_total',
      help: 'Calls with x-cache by outcome: hit, miss, unavailable (Redis is away); joined: of the misses, those that got the answer of a call in flight.',
      labelNames: ['outcome'],
    }),
  },
  context: {
    recallDuration: new Histogram({
      name: 'cmg_context_recall_duration_seconds',
      help: 'Time of a recall, query embedding included.',
      buckets: seconds,
    }),
    recallResults: new Counter({
      name: 'cmg_context_recalls_total',
      help: 'Recalls by outcome: full, degraded, empty, silent (nothing relevant), failed.',
      labelNames: ['outcome'],
    }),
    recallEffectiveness: new Gauge({
      name: 'cmg_context_recall_effectiveness_ratio',
      help: 'Share of stored items that came back when asked for without their most telling word, over the workspaces probed within a day; by statistic (mean, lowest).',
      labelNames: ['statistic'],
    }),
    recallProbes: new Counter({
      name: 'cmg_context_recall_probes_total',
      help: 'Items that probes of recall asked for, by outcome: found, missed.',
      labelNames: ['outcome'],
    }),
    tokensInjected: new Counter({
      name: 'cmg_context_tokens_injected_total',
      help: 'Tokens of recalled context put into chat calls.',
    }),
    embeddingDuration: new Histogram({
      name: 'cmg_context_embedding_duration_seconds',
      help: 'Time of one embedding call.',
      labelNames: ['purpose'],
      buckets: seconds,
    }),
    itemsFilled: new Counter({
      name: 'cmg_context_items_filled_total',
      help: 'Rows that were to get a vector in another embedding space, by outcome: filled, failed.',
      labelNames: ['outcome'],
    }),
    fillsWaiting: new Gauge({
      name: 'cmg_context_fills_waiting',
      help: 'Workspaces that lack vectors in some embedding space, as the worker last saw them.',
    }),
    filesParsed: new Counter({
      name: 'cmg_context_files_parsed_total',
      help: 'Uploaded files by format and outcome: parsed, failed.',
      labelNames: ['format', 'outcome'],
    }),
    itemsForgotten: new Counter({
      name: 'cmg_context_items_forgotten_total',
      help: 'Items deleted by erasures that were certified.',
    }),
    workingSetRefreshes: new Counter({
      name: 'cmg_context_working_set_refreshes_total',
      help: 'Working sets whose queries were asked again, by outcome: changed, unchanged, degraded, failed (both asked again later), outrun (by a change or another refresh).',
      labelNames: ['outcome'],
    }),
    setSummaries: new Counter({
      name: 'cmg_context_set_summaries_total',
      help: 'Summaries of working sets that calls began, by outcome: made, outrun (by a change), failed, refused (by a limit or a key’s list).',
      labelNames: ['outcome'],
    }),
    itemsPending: new Gauge({
      name: 'cmg_context_items_pending',
      help: 'Items accepted but not embedded yet, as the sweeper last saw them.',
    }),
  },
  usage: {
    events: new Counter({
      name: 'cmg_usage_events_total',
      help: 'Usage events by step (recorded, written, spooled, rescued from a lost stream, failed).',
      labelNames: ['step'],
    }),
    backlog: new Gauge({
      name: 'cmg_usage_events_backlog',
      help: 'Usage events waiting to be written to PostgreSQL.',
    }),
    spool: new Gauge({
      name: 'cmg_usage_spool_bytes',
      help: 'Usage events on disk, waiting for PostgreSQL; at USAGE_SPOOL_MAX_BYTES further ones wait in memory.',
    }),
  },
  reconciliation: {
    drift: new Gauge({
      name: 'cmg_reconciliation_drift_tokens',
      help: 'Tokens by which the quotas of the last run differed from the ledger, without signs; should be 0.',
    }),
    correctedTokens: new Counter({
      name: 'cmg_reconciliation_corrected_tokens_total',
      help: 'Tokens put right, without signs, by kind: quota (a drift), estimate (by the upstream’s record).',
      labelNames: ['kind'],
    }),
    leaked: new Counter({
      name: 'cmg_reconciliation_leaked_total',
      help: 'Left behind and put right, by kind: reservation (given back), settled (its call was in the ledger), slot.',
      labelNames: ['kind'],
    }),
    lookUps: new Counter({
      name: 'cmg_reconciliation_look_ups_total',
      help: 'Look-ups of the upstream’s records by outcome: corrected, absent, given_up, failed.',
      labelNames: ['outcome'],
    }),
    estimatesPending: new Gauge({
      name: 'cmg_reconciliation_estimates_pending',
      help: 'Usage events that wait for the upstream’s record.',
    }),
  },
  jobs: {
    duration: new Histogram({
      name: 'cmg_jobs_duration_seconds',
      help: 'Time a job ran.',
      labelNames: ['queue', 'job', 'outcome'],
      buckets: seconds,
    }),
    wait: new Histogram({
      name: 'cmg_jobs_wait_seconds',
      help: 'Time a job waited in its queue.',
      labelNames: ['queue', 'job'],
      buckets: seconds,
    }),
  },
} as const;
