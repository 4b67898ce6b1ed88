import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cstring, frame } from './message.js';
import { StatementNames } from './statement-names.js';

const rest = Buffer.from([0, 1, 0, 2]);
const asMessage = (bytes: Buffer) => ({ type: bytes.toString('latin1', 0, 1), bytes });
const name = fc.stringMatching(/^[a-z]{0,80}$/);

describe('StatementNames', () => {
  it('translates one name the same way everywhere, different names differently, and leaves portals alone', () => {
    fc.assert(
      fc.property(
        name,
        name,
        fc.string().filter((text) => !text.includes('\0')),
        (one, other, portal) => {
          const names = new StatementNames(7);
          const parse = (text: string) =>
            names.translate(asMessage(frame('P', cstring(text), cstring('select 1'), rest)));
          const alias = parse(one).toString('latin1', 5).split('\0')[0] ?? '';
          expect(alias === '').toBe(one === '');
          expect(alias.length).toBeLessThan(20);
          expect(parse(one).equals(parse(other))).toBe(one === other);
          const bind = names.translate(asMessage(frame('B', cstring(portal), cstring(one), rest)));
          expect(bind).toEqual(frame('B', cstring(portal), cstring(alias), rest));
          const describePortal = frame('D', cstring(`P${one}`));
          expect(names.translate(asMessage(describePortal))).toEqual(describePortal);
          expect(names.translate(asMessage(frame('C', cstring(`S${one}`))))).toEqual(
            frame('C', cstring(`S${alias}`)),
          );
        },
      ),
    );
  });

  it('closes what it made, once', () => {
    const names = new StatementNames(1);
    names.translate(asMessage(frame('P', cstring('x'), cstring('select 1'), rest)));
    expect(names.closeAll()).toEqual([frame('C', cstring('Sc1_1'))]);
    expect(names.closeAll()).toEqual([]);
  });
});
