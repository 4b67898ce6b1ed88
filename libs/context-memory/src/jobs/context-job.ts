import type { ItemStatus } from '../items/context-item.js';

/** `pending` until the first item is done; then `processing`; in the end `failed` if one of them has, else `completed`. */
export type JobStatus = 'pending' | 'processing' | 'completed' | 'failed';

/** How far the items of one post are. Counted from the rows: there is no second truth that could differ. */
export interface ContextJob {
  id: string;
  status: JobStatus;
  /** Posted texts; those deleted since count as done. */
  total: number;
  embedded: number;
  pending: number;
  failed: number;
  errors: { id: string; error: string }[];
  createdAt: Date;
}

/** Where one item of a job is now. */
export interface ItemProgress {
  id: string;
  status: ItemStatus;
  error: string | null;
}

/** @param progress one entry for each item that still exists */
export function summarise(
  job: { id: string; itemIds: string[]; createdAt: Date },
  progress: Map<string, ItemProgress>,
): ContextJob {
  const states = job.itemIds.map((id) => progress.get(id));
  const count = (status: ItemStatus) => states.filter((state) => state?.status === status).length;
  const [pending, failed] = [count('pending'), count('failed')];
  const errors = [...progress.values()]
    .filter(({ status }) => status === 'failed')
    .map(({ id, error }) => ({ id, error: error ?? 'unknown' }));
  return {
    id: job.id,
    status: statusOf(states.length, pending, failed),
    total: states.length,
    embedded: states.length - pending - failed,
    pending,
    failed,
    errors,
    createdAt: job.createdAt,
  };
}

function statusOf(total: number, pending: number, failed: number): JobStatus {
  if (pending === 0) return failed === 0 ? 'completed' : 'failed';
  return pending === total ? 'pending' : 'processing';
}
