import { describe, expect, it } from 'vitest';
import { BatchQueue, type Batch } from './batch-queue.js';

function batch(text: string, purpose: Batch['purpose'], signal = new AbortController().signal): Batch {
  return { texts: [text], purpose, signal, resolve: () => undefined, reject: () => undefined };
}

describe('BatchQueue', () => {
  it('gives queries before passages before fills, each in order of arrival', () => {
    const queue = new BatchQueue();
    for (const text of ['f1', 'f2']) queue.push(batch(text, 'fill'));
    for (const text of ['p1', 'p2']) queue.push(batch(text, 'passage'));
    for (const text of ['q1', 'q2']) queue.push(batch(text, 'query'));
    expect([1, 2, 3, 4, 5, 6, 7].map(() => queue.next()?.texts[0])).toEqual([
      'q1',
      'q2',
      'p1',
      'p2',
      'f1',
      'f2',
      undefined,
    ]);
  });

  it('drops what nobody waits for any more', () => {
    const queue = new BatchQueue();
    queue.push(batch('given up', 'passage', AbortSignal.abort()));
    queue.push(batch('wanted', 'passage'));
    expect(queue.next()?.texts).toEqual(['wanted']);
    expect(queue.next()).toBeUndefined();
  });
});
