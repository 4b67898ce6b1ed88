export type { JobContracts, JobName, JobPayload, QueueName } from './job-contracts.js';
export { JobProcessor, type JobHandlers } from './job-processor.js';
export { JobProducer } from './job-producer.js';
export { QueueUnavailableError } from './queues.errors.js';
export { QueuesModule } from './queues.module.js';
export { usageStream, type CallUsage, type UsageEvent, type UsageSource } from './usage-event.js';
