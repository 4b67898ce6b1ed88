import { lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';

/**
 * Operators type /var/log/app.log: points it at our log where that is allowed and nothing of somebody else's is there.
 * Best effort: says whether it worked, never throws.
 */
export function linkSystemLog(target: string, link = '/var/log/app.log'): boolean {
  try {
    const present = lstatSync(link, { throwIfNoEntry: false });
    if (present && !present.isSymbolicLink()) return false;
    if (present && !readlinkSync(link).endsWith('/logs/app.log')) return false;
    if (present) rmSync(link);
    symlinkSync(target, link);
    return true;
  } catch {
    return false;
  }
}
