import type { OutgoingHttpHeaders } from 'node:http';
import type { Response } from 'express';
import type { AnswerHeaders } from '#llm-proxy';

/** How the caller stands is said anew on every answer. */
const ofTheCaller = /^x-(ratelimit|quota)-/;

/** The headers that an answer has beyond those it had before: its own, which a replay has, too. */
export const headersSince = (before: OutgoingHttpHeaders, response: Response): AnswerHeaders =>
  Object.fromEntries(
    Object.entries(response.getHeaders())
      .filter(([name, value]) => value !== before[name] && !ofTheCaller.test(name))
      .map(([name, value]) => [name, String(value)]),
  );
