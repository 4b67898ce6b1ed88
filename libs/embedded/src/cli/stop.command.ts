import { setTimeout as sleep } from 'node:timers/promises';

import { lockHolder } from '../data-lock.js';
import { CommandFailed, say } from './console.js';
import type { CommandContext } from './context.js';

const STOP_TIMEOUT_MS = 60_000;

/** `stop`: ends everything and waits until the data is free again. */
export async function stop({ control, layout }: CommandContext): Promise<void> {
  const status = await control.status();
  if (!status) {
    say('Nothing is running');
    return;
  }
  say('Stopping …');
  await control.stop();
  for (
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    lockHolder(layout.lock) !== undefined;
    await sleep(50)
  ) {
    if (Date.now() > deadline) throw new CommandFailed(`The supervisor (process ${status.pid}) does not end`);
  }
  say('Stopped');
}
