import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { flushedEveryTurn } from './log-destination.js';

/** A process that logs through the real thing. @param script what it does; `log` writes a line */
function logging(script: string) {
  const module = new URL('./log-destination.ts', import.meta.url).href;
  const prelude = `import { logDestination } from '${module}'; const log = (text) => logDestination().write(text + '\\n');`;
  return spawn(process.execPath, ['--input-type=module', '--eval', prelude + script]);
}

describe('log destination', () => {
  it('writes the lines of a turn in one piece', async () => {
    const output = new PassThrough();
    const written: string[] = [];
    output.on('data', (piece: Buffer) => written.push(piece.toString()));
    const destination = flushedEveryTurn(output);
    destination.write('1\n');
    destination.write('2\n');
    await setImmediate();
    destination.write('3\n');
    await setImmediate();
    await setImmediate();
    expect(written).toEqual(['1\n2\n', '3\n']);
  });

  it('goes on when nobody reads any more', async () => {
    const output = new PassThrough();
    const destination = flushedEveryTurn(output);
    output.destroy(new Error('EPIPE'));
    await setImmediate();
    expect(() => destination.write('1\n')).not.toThrow();
    await setImmediate();
  });

  it('writes what is held when the process ends', async () => {
    const child = logging(`log('first'); log('last'); process.exit(3);`);
    const text: string[] = [];
    child.stdout.on('data', (piece: Buffer) => text.push(piece.toString()));
    const [code] = await once(child, 'close');
    expect([code, text.join('')]).toEqual([3, 'first\nlast\n']);
  });

  it('lets a process end whose log nobody reads', async () => {
    const child = logging(
      `process.stdin.on('data', () => { log('unheard'); setImmediate(() => { log('last'); process.exit(4); }); });`,
    );
    child.stdout.destroy();
    child.stdin.write('now');
    const [code] = await once(child, 'exit');
    expect(code).toBe(4);
  });
});
