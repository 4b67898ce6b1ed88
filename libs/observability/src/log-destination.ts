import type { DestinationStream } from 'pino';

/** UTF-16 units after which lines do not wait for the turn's end. */
const mostHeld = 65_536;

let standardOutput: DestinationStream | undefined;

/**
 * Standard output, with one write a turn of the event loop: a busy process logs many lines in one, and a write for each costs
 * more than to make the line. Nothing is held longer, and what is held when the process ends is written.
 *
 * Not pino's own destination: when whoever reads the log dies first, that one tries for ever to write its last line, and the
 * process never ends (sonic-boom 4.2, `flushSync` on EPIPE).
 */
export function logDestination(): DestinationStream {
  standardOutput ??= flushedEveryTurn(process.stdout);
  return standardOutput;
}

/** @param output a stream; when it breaks, nobody reads what is logged, and the process goes on */
export function flushedEveryTurn(output: NodeJS.WritableStream): DestinationStream {
  let held = '';
  let isBroken = false;
  const flush = (): void => {
    const text = held;
    held = '';
    if (text !== '' && !isBroken) output.write(text);
  };
  output.on('error', () => {
    isBroken = true;
  });
  process.on('exit', flush);
  return {
    write: (line) => {
      if (held === '') setImmediate(flush);
      held += line;
      if (held.length > mostHeld) flush();
    },
  };
}
