import { firstFreePort, untilFree } from '../ports.js';
import { readRecord, writeRecord } from './json-file.js';

/** The port that each part got last. */
export function readPorts(path: string): Record<string, number | undefined> {
  return readRecord(path, isNumber) ?? {};
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** Remembers which port each part got, so that addresses stay the same over restarts. */
export class PortBook {
  private readonly known: Record<string, number | undefined>;
  private readonly given = new Set<number>();
  private turn = Promise.resolve(0);

  /** @param patienceMs how long a part's last port may take to become free: its last user may still be ending. */
  constructor(
    private readonly path: string,
    private readonly patienceMs: number,
  ) {
    this.known = readPorts(path);
  }

  /** The part's last port, else its well-known one, else any: the first that is free. */
  choose(part: string, wellKnown: number): Promise<number> {
    // One after the other, or two parts could find the same port free.
    const chosen = this.turn.then(() => this.chooseNow(part, wellKnown));
    this.turn = chosen.catch(() => 0);
    return chosen;
  }

  private async chooseNow(part: string, wellKnown: number): Promise<number> {
    const last = this.known[part];
    if (last !== undefined) await untilFree(last, this.patienceMs);
    const wishes = [last ?? wellKnown, wellKnown].filter((port) => port > 0 && !this.given.has(port));
    const port = await firstFreePort(wishes);
    this.given.add(port);
    this.known[part] = port;
    writeRecord(this.path, this.known);
    return port;
  }
}
