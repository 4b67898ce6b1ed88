import type { FileStatus } from '../files/file-state.js';
import type { ItemStatus } from '../items/context-item.js';
import type { RedactionCounts } from '../redaction/pii-class.js';

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
  /** Personal data that was taken out before anything was stored. */
  redacted: RedactionCounts;
  /** Of an uploaded file: whether its text is there yet, and the items that it became. */
  file?: { id: string; status: FileStatus; itemIds: string[] };
  createdAt: Date;
}

/** Where one item of a job is now. */
export interface ItemProgress {
  id: string;
  status: ItemStatus;
  error: string | null;
}

/** What a job is summed up from. */
interface SummedJob {
  id: string;
  itemIds: string[];
  fileId: string | null;
  redacted: RedactionCounts;
  createdAt: Date;
}

/**
 * @param progress one entry for each item that still exists
 * @param file that waits to be parsed, or could not be
 */
export function summarise(
  job: SummedJob,
  progress: Map<string, ItemProgress>,
  file: ItemProgress | undefined,
): ContextJob {
  if (job.fileId !== null && job.itemIds.length === 0) return summariseFile(job, job.fileId, file);
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
    redacted: job.redacted,
    ...(job.fileId !== null && {
      file: { id: job.fileId, status: 'parsed' as const, itemIds: job.itemIds },
    }),
    createdAt: job.createdAt,
  };
}

/** A file without items counts as one text; one that is gone was forgotten, and counts as done like a deleted item. */
function summariseFile(job: SummedJob, fileId: string, file: ItemProgress | undefined): ContextJob {
  const [pending, failed] = [file?.status === 'pending' ? 1 : 0, file?.status === 'failed' ? 1 : 0];
  return {
    id: job.id,
    status: statusOf(1, pending, failed),
    total: 1,
    embedded: 1 - pending - failed,
    pending,
    failed,
    errors: failed === 0 ? [] : [{ id: fileId, error: file?.error ?? 'unknown' }],
    redacted: job.redacted,
    file: { id: fileId, status: fileStatusOf(file), itemIds: [] },
    createdAt: job.createdAt,
  };
}

function fileStatusOf(file: ItemProgress | undefined): FileStatus {
  if (file === undefined) return 'deleted';
  return file.status === 'failed' ? 'failed' : 'pending';
}

function statusOf(total: number, pending: number, failed: number): JobStatus {
  if (pending === 0) return failed === 0 ? 'completed' : 'failed';
  return pending === total ? 'pending' : 'processing';
}
