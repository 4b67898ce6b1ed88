import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { JobProducer } from '#queues';

const second = 1_000;
const day = 86_400 * second;
const retryEvery = 5 * second;

/**
 * What runs by the clock, once for the whole fleet however many workers there are. A Redis that lost its memory lost the
 * schedules, too, so they are written again every so often; writing the same schedule twice changes nothing.
 */
@Injectable()
export class Schedules implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly producer: JobProducer,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(Schedules.name);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.write();
    // A schedule that exists already says nothing to a worker that has just come up.
    await this.producer.add('models', 'sync-models', {});
    this.timer = setInterval(() => void this.write(), retryEvery);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async write(): Promise<void> {
    try {
      await this.producer.schedule('context-memory', 'sweep-items', 5 * second);
      await this.producer.schedule('context-memory', 'probe-recall', 60 * second);
      await this.producer.schedule('working-sets', 'sweep-working-sets', 2 * second);
      await this.producer.schedule('context-memory', 'fill-spaces', 5 * second);
      await this.producer.schedule('usage', 'ensure-partitions', day);
      await this.producer.schedule('usage', 'drop-partitions', day);
      await this.producer.schedule('usage', 'reconcile-quotas', 60 * second);
      await this.producer.schedule('usage', 'correct-estimates', 10 * second);
      const modelsEvery = this.config.openrouter.MODEL_CATALOGUE_TTL_SECONDS * second;
      await this.producer.schedule('models', 'sync-models', modelsEvery);
    } catch (error) {
      this.logger.warn({ exception: String(error) }, 'schedules_not_written');
    }
  }
}
