import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { type Admission, LimitError, RateLimiter } from '#rate-limit';
import { callerOf } from '../auth/index.js';

/**
 * For routes that use no tokens: takes one request from the key's bucket and says on the answer, good or bad, what is left.
 * Comes after ApiKeyGuard. Chat and embeddings reserve tokens as well and ask the limiter themselves.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(private readonly limiter: RateLimiter) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const taken = this.limiter.admitRequest(callerOf(http.getRequest<Request>()));
    await requestAdmitted(http.getResponse<Response>(), taken);
    return true;
  }
}

/** Waits for an admission and puts its headers on the answer, or the refusal's. */
export const admitted = (response: Response, admission: Promise<Admission>): Promise<Admission> =>
  withLimitHeaders(response, admission, ({ headers }) => headers);

/** The same for a call that takes a request and nothing else. */
export const requestAdmitted = async (
  response: Response,
  taken: Promise<Readonly<Record<string, string>>>,
): Promise<void> => {
  await withLimitHeaders(response, taken, (headers) => headers);
};

async function withLimitHeaders<Decision>(
  response: Response,
  decision: Promise<Decision>,
  headersOf: (decision: Decision) => Readonly<Record<string, string>>,
): Promise<Decision> {
  try {
    const decided = await decision;
    setHeaders(response, headersOf(decided));
    return decided;
  } catch (error) {
    if (error instanceof LimitError) setHeaders(response, error.headers);
    throw error;
  }
}

function setHeaders(response: Response, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}
