import type { Product } from '../../e2e/product.js';
import type { RunningProcess } from '../../e2e/running-process.js';

/** One gateway of the fleet. */
export interface Gateway {
  readonly process: RunningProcess;
  /** When it was killed (ms since the epoch). */
  killedAt?: number;
}

/** The gateways behind a balancer that knows which of them live. */
export class Fleet {
  private gateways: Gateway[];
  private turn = 0;

  constructor(private readonly product: Product) {
    this.gateways = product.gateways.map((process) => ({ process }));
  }

  get live(): readonly Gateway[] {
    return this.gateways;
  }

  /** Whose turn it is. */
  next(): Gateway {
    const gateway = this.gateways[(this.turn += 1) % this.gateways.length];
    if (!gateway) throw new Error('No gateway lives');
    return gateway;
  }

  /** The one that is killed next. */
  get oldest(): Gateway {
    const [gateway] = this.gateways;
    if (!gateway) throw new Error('No gateway lives');
    return gateway;
  }

  /** Kills the oldest with everything it has in hand. */
  kill(): void {
    const gateway = this.oldest;
    this.gateways = this.gateways.slice(1);
    gateway.killedAt = Date.now();
    process.kill(gateway.process.pid, 'SIGKILL');
  }

  async replace(): Promise<void> {
    this.gateways = [...this.gateways, { process: await this.product.startGateway() }];
  }
}
