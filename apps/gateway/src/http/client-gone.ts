import type { Response } from 'express';

/** Aborts when the client's connection closes before the answer is whole. Not when the answer ended well. */
export function clientGone(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('The client left'));
  });
  return controller.signal;
}
