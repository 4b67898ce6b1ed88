import type { Response } from 'express';
import { ClientGoneError } from '#openrouter';

/** Aborts when the client's connection closes before the answer is whole. Not when the answer ended well. */
export function clientGone(response: Response): AbortSignal {
  const controller = new AbortController();
  const leave = () => {
    if (!response.writableFinished) controller.abort(new ClientGoneError());
  };
  // It may have left while its key was looked up: then no event will tell.
  if (response.closed) leave();
  else response.once('close', leave);
  return controller.signal;
}
