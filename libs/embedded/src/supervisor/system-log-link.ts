import { existsSync, lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';

const SYSTEM_LOG = '/var/log/app.log';

/**
 * Operators type /var/log/app.log: points it at our log where that is allowed and nothing is there, or a link whose target
 * is gone. The log of another installation stays. Best effort: says whether it worked, never throws.
 */
export function linkSystemLog(target: string, link = SYSTEM_LOG): boolean {
  try {
    if (isOurs(target, link)) return true;
    const dangles = lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(link);
    if (dangles) rmSync(link);
    symlinkSync(target, link);
    return true;
  } catch {
    return false;
  }
}

/** Removes the link if it is ours. Best effort, too. */
export function unlinkSystemLog(target: string, link = SYSTEM_LOG): void {
  try {
    if (isOurs(target, link)) rmSync(link);
  } catch {
    // What we may not remove, the next start takes over.
  }
}

function isOurs(target: string, link: string): boolean {
  return (
    lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(link) === target
  );
}
