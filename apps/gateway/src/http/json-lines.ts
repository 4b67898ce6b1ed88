import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import {
  assertReasonableShape,
  InvalidRequestError,
  isJsonObject,
  type JsonObject,
  parseJsonBody,
} from '#common';
import { ClientGoneError } from '#openrouter';

/** JSON texts, one a line. */
export const ndjson = 'application/x-ndjson';

/**
 * Answers with lines, as fast as the caller reads them: the next page is asked for when the one before has gone out. The first
 * page is made before anything is sent, so that its error is an answer like any other. A later one cuts the connection, which
 * a client can tell from an end; so does a caller who leaves, and no page is made for him any more.
 */
export async function sendLines<Row>(
  response: Response,
  pages: AsyncGenerator<Row[], void>,
  toLine: (row: Row) => object,
): Promise<void> {
  let fault: unknown;
  const next = async (): Promise<string | undefined> => {
    try {
      const page = await pages.next();
      return page.done ? undefined : textOf(page.value, toLine);
    } catch (error) {
      fault = error;
      throw error;
    }
  };
  const first = await next();
  const text = async function* () {
    try {
      for (let page = first; page !== undefined; page = await next()) yield page;
    } finally {
      await pages.return();
    }
  };
  response.status(200).type(ndjson);
  try {
    await pipeline(Readable.from(text(), { objectMode: false }), response);
  } catch {
    // A pipeline that breaks without a fault of its source is broken by whoever reads it.
    throw fault ?? new ClientGoneError();
  }
}

const textOf = <Row>(rows: Row[], toLine: (row: Row) => object): string =>
  rows.map((row) => `${JSON.stringify(toLine(row))}\n`).join('');

/** One object of a body of lines, and the number of its line, from 1. */
export interface JsonLine {
  number: number;
  value: JsonObject;
}

const lineFeed = 0x0a;

/**
 * The objects of a body of lines; blank lines are passed over.
 * @throws InvalidRequestError naming the line, `line_17`, for one that is no JSON object or of no reasonable shape
 */
export function* readLines(body: Buffer): Generator<JsonLine, void> {
  let from = 0;
  for (let number = 1; from < body.length; number++) {
    const end = body.indexOf(lineFeed, from);
    const line = body.subarray(from, end === -1 ? body.length : end);
    from += line.length + 1;
    if (line.toString('latin1').trim() === '') continue;
    yield { number, value: onLine(number, () => objectOf(line)) };
  }
}

/** Runs `work`, whose errors name the line. @throws InvalidRequestError with `line_17` before its param */
export function onLine<T>(number: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    const param = error.param === undefined ? lineName(number) : `${lineName(number)}.${error.param}`;
    throw new InvalidRequestError(`Line ${number}: ${error.message}`, param, error.code);
  }
}

/** How errors name a line. */
export const lineName = (number: number): string => `line_${number}`;

function objectOf(line: Buffer): JsonObject {
  const value = parseJsonBody(line);
  if (!isJsonObject(value)) throw new InvalidRequestError('It must be a JSON object');
  assertReasonableShape(value);
  return value;
}
