import { once } from 'node:events';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import express, { type Response } from 'express';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ClientGoneError } from '#openrouter';
import { readLines, sendLines } from './json-lines.js';

const values = (text: string) => [...readLines(Buffer.from(text))];

describe('readLines', () => {
  it('reads what was written as lines, whatever the strings in it hold', () => {
    const texts = fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) }));
    fc.assert(
      fc.property(texts, fc.constantFrom('\n', '\r\n', '\n\n'), (objects, end) => {
        const lines = values(objects.map((object) => JSON.stringify(object) + end).join(''));
        expect(lines.map(({ value }) => value)).toEqual(objects);
      }),
    );
  });

  it('numbers lines from 1, blank ones too, and needs no line feed at the end', () => {
    expect(values('{"a":1}\n\n  \n{"b":2}')).toEqual([
      { number: 1, value: { a: 1 } },
      { number: 4, value: { b: 2 } },
    ]);
  });

  it.each(['{"a":', '[]', '7', 'null', '{"__proto__":1}', '\u0000'])('names the line that is %j', (line) => {
    const fault = expect.objectContaining({ param: expect.stringMatching(/^line_2\b/), httpStatus: 400 });
    expect(() => values(`{}\n${line}\n{}`)).toThrow(fault);
  });
});

describe('sendLines', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** Serves these pages, and asks for them. */
  async function serve(pages: AsyncGenerator<object[], void>) {
    let response: Response | undefined;
    let sent: Promise<unknown> = Promise.resolve();
    const app = express().get('/', (_, answer) => {
      response = answer;
      sent = sendLines(answer, pages, (row) => row).catch((error: unknown) => {
        if (answer.headersSent) answer.destroy();
        else answer.status(503).end();
        return error;
      });
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ port, agent: false }, resolve).on('error', reject);
    });
    return { answer, response, sent: () => sent };
  }
  const textOf = async (answer: IncomingMessage) => (await answer.toArray()).join('');

  it('sends every row as a line', async () => {
    const { answer } = await serve(
      (async function* () {
        yield [{ a: 1 }, { b: 'x\ny' }];
        yield [{ c: 3 }];
      })(),
    );
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    expect(await textOf(answer)).toBe('{"a":1}\n{"b":"x\\ny"}\n{"c":3}\n');
  });

  it('makes no more pages than the reader takes, and none once he has left', async () => {
    let [made, closed] = [0, false];
    const { answer, response, sent } = await serve(
      (async function* () {
        try {
          for (; made < 100; made++) yield [{ megabyte: 'x'.repeat(1_000_000) }];
        } finally {
          closed = true;
        }
      })(),
    );
    answer.pause();
    for (let turns = 0; turns < 200; turns++) {
      await setImmediate();
      if (!response?.writableNeedDrain) turns = 0;
    }
    expect(made).toBeLessThan(50);
    answer.destroy();
    expect(await sent()).toBeInstanceOf(ClientGoneError);
    expect(closed).toBe(true);
  });

  it('answers with the error of the first page, and cuts the answer at that of a later one', async () => {
    const failing = async function* (pages: number) {
      for (let page = 0; page < pages; page++) yield [{ page }];
      throw new Error('The database left');
    };
    const first = await serve(failing(0));
    expect(first.answer.statusCode).toBe(503);
    server?.close();
    const later = await serve(failing(1));
    expect(later.answer.statusCode).toBe(200);
    await expect(textOf(later.answer)).rejects.toThrow('aborted');
    expect(await later.sent()).toMatchObject({ message: 'The database left' });
  });
});
