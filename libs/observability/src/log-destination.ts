import { destination, type DestinationStream } from 'pino';

/** Bytes after which lines do not wait for the turn's end. */
const mostHeld = 8_192;

let standardOutput: DestinationStream | undefined;

/**
 * Standard output, with one write a turn of the event loop: a busy process logs many lines in one, and a write for each costs
 * more than to make the line. Nothing is held longer, and what is held when the process ends is written.
 */
export function logDestination(): DestinationStream {
  standardOutput ??= flushedEveryTurn();
  return standardOutput;
}

function flushedEveryTurn(): DestinationStream {
  const stream = destination({ dest: 1, sync: true, minLength: mostHeld });
  let isHeld = false;
  const flush = (): void => {
    isHeld = false;
    stream.flushSync();
  };
  process.on('exit', flush);
  return {
    write: (line) => {
      stream.write(line);
      if (isHeld) return;
      isHeld = true;
      setImmediate(flush);
    },
  };
}
