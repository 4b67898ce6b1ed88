import { describe, expect, it } from 'vitest';
import { otherRoutesIn } from './other-routes.js';

describe('otherRoutesIn', () => {
  it('finds nothing in a plain call', () => {
    expect(
      otherRoutesIn({ model: 'a/b', models: ['c/d'], tools: [{ type: 'function' }], provider: {} }),
    ).toEqual([]);
  });

  it('names presets, plugins, server tools and misspelt members', () => {
    const body = {
      preset: 'p',
      plugins: [{ id: 'fusion' }],
      Model: 'x/y',
      tools: [{ type: 'openrouter:fusion' }, 7],
    };
    expect(otherRoutesIn(body)).toEqual(['preset', 'plugins', 'Model', 'openrouter:fusion']);
  });
});
