import type { DataSource } from 'typeorm';
import { metrics } from '#observability';

interface ConnectionPool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

const isPool = (value: unknown): value is ConnectionPool =>
  typeof value === 'object' && value !== null && 'totalCount' in value && 'waitingCount' in value;

/** Writes down how full the pool is. A few numbers read from memory, so it may be called after each unit of work. */
export function observePool(dataSource: DataSource): void {
  // TypeORM keeps node-postgres' pool here and shows it under no type.
  const pool: unknown = Reflect.get(dataSource.driver, 'master');
  if (!isPool(pool)) return;
  metrics.database.pool.set({ state: 'total' }, pool.totalCount);
  metrics.database.pool.set({ state: 'idle' }, pool.idleCount);
  metrics.database.pool.set({ state: 'waiting' }, pool.waitingCount);
}
