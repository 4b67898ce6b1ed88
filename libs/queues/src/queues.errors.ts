import { UnavailableError } from '#common';

/** 503: the queue takes no work right now, and what was asked for is nothing but work. */
export class QueueUnavailableError extends UnavailableError {
  constructor() {
    super('The queue is not available right now', 'queue_unavailable');
  }
}
