import { Processor } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { PinoLogger } from 'nestjs-pino';
import { expect, it, onTestFinished } from 'vitest';
import { AppConfig } from '#config';
import { realServersAvailable, startRealRedis } from '#embedded';
import { type JobHandlers, JobProcessor, JobProducer, QueuesModule } from '#queues';
import { silentLogger, until } from './store-clients.js';

/** Far more than the retries of some seconds. */
const manyErrors = 1_000;

let job: () => Promise<void>;

@Processor('models', { concurrency: 1 })
class ModelsProcessor extends JobProcessor<'models'> {
  protected readonly handlers: JobHandlers<'models'> = { 'sync-models': () => job() };
}

/** Configuration and logger. */
@Module({})
class Grounds {}

it.skipIf(!realServersAvailable())(
  'a worker whose Redis dies under a job waits for it without taking the processor for itself, and works on when it is back',
  async () => {
    const redis = await startRealRedis();
    onTestFinished(() => redis.stop());
    const module = await queuesOn(redis.url);
    onTestFinished(() => module.close());
    const { worker } = module.get(ModelsProcessor);
    let errors = 0;
    // One that asks without end lets no timer run, so nobody but itself could end it.
    worker.on('error', () => void ((errors += 1) > manyErrors && worker.close(true)));
    const producer = module.get(JobProducer);

    let died = false;
    job = async () => {
      await redis.kill();
      died = true;
    };
    expect(await producer.add('models', 'sync-models', {})).toBe(true);
    await until(() => died);
    expect(await producer.add('models', 'sync-models', {})).toBe(false);
    let works = false;
    job = async () => {
      works = true;
    };
    await redis.restart();
    await until(() => producer.add('models', 'sync-models', {}));
    await until(() => works);
    expect(errors).toBeLessThan(manyErrors);
  },
);

async function queuesOn(redisUrl: string) {
  const config = new AppConfig({
    DATABASE_URL: 'postgres://nobody@127.0.0.1/nothing',
    REDIS_URL: redisUrl,
    API_KEY_PEPPER: 'pepper-of-the-integration-suite',
    ADMIN_API_KEY: 'admin-key-of-the-integration-suite',
  });
  const grounds = [
    { provide: AppConfig, useValue: config },
    { provide: PinoLogger, useFactory: silentLogger },
  ];
  const module = await Test.createTestingModule({
    imports: [{ module: Grounds, global: true, providers: grounds, exports: grounds }, QueuesModule],
    providers: [{ provide: ModelsProcessor, useFactory: () => new ModelsProcessor(silentLogger()) }],
  }).compile();
  return module.init();
}
