import { assertStorable, InvalidRequestError, nestsDeeperThan } from '#common';
import type { Metadata, NewItem } from './new-item.js';

/** Most texts one request may post. */
export const maxBatch = 100;
const maxTitle = 500;
const maxName = 200;
const maxKind = 50;
const maxIdempotencyKey = 255;
/** A date and a name. */
const maxHeading = 300;
const maxMetadataBytes = 16_384;
const maxMetadataDepth = 8;

/**
 * Holds a posted text to the limits, whoever posts it.
 * @param maxContent longest content in UTF-16 units
 * @throws InvalidRequestError naming the field as the caller wrote it
 */
export function checkNewItem(item: NewItem, maxContent: number, now: Date): void {
  const param = (name: string) => (item.path === '' ? name : `${item.path}.${name}`);
  checkContent(item.content, param('content'), maxContent);
  assertText(item.kind, param('kind'), maxKind);
  if (item.title !== undefined) assertText(item.title, param('title'), maxTitle);
  if (item.session !== undefined) assertText(item.session, param('session'), maxName);
  if (item.collection !== undefined) checkContent(item.collection, param('collection'), maxName);
  if (item.externalId !== undefined) assertText(item.externalId, param('external_id'), maxName);
  if (item.speaker !== undefined) assertText(item.speaker, param('name'), maxName);
  if (item.recorded?.heading !== undefined) assertText(item.recorded.heading, param('heading'), maxHeading);
  if (item.metadata !== undefined) checkMetadata(item.metadata, param('metadata'));
  if (item.expiresAt !== undefined) checkExpiry(item.expiresAt, param('expires_at'), now);
}

/** @throws InvalidRequestError naming `param`, for a text that cannot be stored or is longer than `limit` UTF-16 units */
export function assertText(text: string, param: string, limit: number): void {
  if (text.length > limit) {
    throw new InvalidRequestError(
      `${param} has ${text.length} characters; the limit is ${limit}`,
      param,
      'too_long',
    );
  }
  assertStorable(text, param);
}

/** @throws InvalidRequestError naming the header, for one over 255 UTF-16 units or that cannot be stored */
export function checkIdempotencyKey(key: string): void {
  assertText(key, 'Idempotency-Key', maxIdempotencyKey);
}

/** {@link assertText}, and more than white space. */
export function checkContent(content: string, param: string, limit: number): void {
  assertText(content, param, limit);
  if (content.trim() === '') throw new InvalidRequestError(`${param} must not be empty`, param);
}

/** @throws InvalidRequestError naming `param`, for a name that is blank, cannot be stored or is over 200 UTF-16 units */
export function checkGroup(name: string, param: 'session' | 'collection'): void {
  checkContent(name, param, maxName);
}

/** @throws InvalidRequestError naming `title`, for one that cannot be stored or is over 500 UTF-16 units */
export function checkTitle(title: string): void {
  assertText(title, 'title', maxTitle);
}

/** @throws InvalidRequestError naming `param`, for a time that is not after `now` */
export function checkExpiry(expiresAt: Date, param: string, now: Date): void {
  if (expiresAt <= now) throw new InvalidRequestError(`${param} must be in the future`, param);
}

/** @throws InvalidRequestError for metadata over 8 levels or 16 KiB of JSON, or, naming the path, with text that cannot be stored */
export function checkMetadata(metadata: Metadata, param: string): void {
  const json = Buffer.from(JSON.stringify(metadata));
  if (nestsDeeperThan(json, maxMetadataDepth)) {
    throw new InvalidRequestError(`${param} is nested deeper than ${maxMetadataDepth} levels`, param);
  }
  if (json.length > maxMetadataBytes) {
    throw new InvalidRequestError(
      `${param} has ${json.length} bytes; the limit is ${maxMetadataBytes}`,
      param,
    );
  }
  assertStorable(metadata, param);
}
