import { InvalidRequestError } from '#common';
import type { UsageGroup } from '#usage';

const longestMs = 366 * 86_400_000;

/** The time a report covers: [start, end). Half-open, so that reports side by side count each call once. */
export interface UsageRange {
  start: Date;
  end: Date;
}

/** Fills in what was not asked for. @throws InvalidRequestError naming the field at fault */
export function usageRange(start: string | undefined, end: string | undefined, now: Date): UsageRange {
  const range = {
    start: start === undefined ? startOfDay(now) : new Date(start),
    end: end === undefined ? now : new Date(end),
  };
  const length = range.end.getTime() - range.start.getTime();
  if (length <= 0) throw new InvalidRequestError('end must be later than start', 'end');
  if (length > longestMs)
    throw new InvalidRequestError('start and end may be 366 days apart at most', 'start');
  return range;
}

/** @throws InvalidRequestError for groups that contradict each other */
export function demandSensibleGroups(groups: readonly UsageGroup[]): void {
  const times = groups.filter((group) => group === 'hour' || group === 'day' || group === 'month');
  if (times.length > 1) throw new InvalidRequestError('group_by takes one of hour, day, month', 'group_by');
  if (groups.includes('none') && groups.length > 1) {
    throw new InvalidRequestError('group_by=none stands alone', 'group_by');
  }
}

const startOfDay = (now: Date): Date =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
