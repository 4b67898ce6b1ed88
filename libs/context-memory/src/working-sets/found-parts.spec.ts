import { expect, it } from 'vitest';
import { foundParts } from './found-parts.js';

it('adds up what several queries found, the most valuable first', () => {
  const part = { position: 2, of: 3 };
  const answers = [
    [
      { id: 'b', score: 0.5 },
      { id: 'a', score: 0.401 },
    ],
    [
      { id: 'a', score: 0.4 },
      { id: 'a', part, score: 0.5 },
      { id: 'c', score: 0.0001 },
    ],
  ];
  expect(foundParts(answers)).toEqual([
    { id: 'a', position: 0, value: 0.8 },
    { id: 'a', position: 2, value: 0.5 },
    { id: 'b', position: 0, value: 0.5 },
    { id: 'c', position: 0, value: 0.01 },
  ]);
  expect(foundParts([])).toEqual([]);
});
