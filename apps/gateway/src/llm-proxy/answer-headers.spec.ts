import { ServerResponse, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Response } from 'express';
import { describe, expect, it } from 'vitest';
import { headersSince } from './answer-headers.js';

describe('headersSince', () => {
  it('are those the answer brought, without those that say how the caller stands', () => {
    const response = new ServerResponse(new IncomingMessage(new Socket())) as Response;
    response.setHeader('x-request-id', 'of this call');
    response.setHeader('x-upstream-attempts', 0);
    const before = response.getHeaders();
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('x-upstream-attempts', 2);
    response.setHeader('x-ratelimit-remaining-requests', '5');
    response.setHeader('x-quota-remaining-tokens', '5');
    expect(headersSince(before, response)).toEqual({
      'content-type': 'application/json',
      'x-upstream-attempts': '2',
    });
  });
});
