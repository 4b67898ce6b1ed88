const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A table of the ledger: one row a call, or sums by hour or day. */
export type SegmentTable = 'usage_events' | 'usage_hourly' | 'usage_daily';

/** A part of a report's time, [start, end), and the table that is read for it. */
export interface ReportSegment {
  table: SegmentTable;
  start: Date;
  end: Date;
}

interface RollUp {
  table: SegmentTable;
  /** UTC knows no leap seconds here: each hour and day begins at a multiple of its length. */
  lengthMs: number;
}

const hourly: RollUp = { table: 'usage_hourly', lengthMs: hourMs };
const daily: RollUp = { table: 'usage_daily', lengthMs: dayMs };

/**
 * Cuts a report's time into the longest parts that roll-ups hold whole, and what is left at the edges, which only the events
 * know: whole days by day, whole hours by hour, the rest by event. Together they cover [start, end) and, when the end is not
 * past, the rest of its last hour or day, in which there is nothing yet.
 *
 * @param byHour the report is cut by hour, so that sums of a day say too little
 */
export function reportSegments(
  { start, end }: { start: Date; end: Date },
  byHour: boolean,
  now: Date,
): ReportSegment[] {
  const rollUps = byHour ? [hourly] : [daily, hourly];
  const until = end < now ? end.getTime() : ceil(end.getTime(), byHour ? hourMs : dayMs);
  return cut(start.getTime(), until, rollUps);
}

function cut(start: number, end: number, [coarsest, ...finer]: readonly RollUp[]): ReportSegment[] {
  if (start >= end) return [];
  if (!coarsest) return [segment('usage_events', start, end)];
  const { table, lengthMs } = coarsest;
  const [from, to] = [ceil(start, lengthMs), floor(end, lengthMs)];
  if (from >= to) return cut(start, end, finer);
  return [...cut(start, from, finer), segment(table, from, to), ...cut(to, end, finer)];
}

const segment = (table: SegmentTable, start: number, end: number): ReportSegment => ({
  table,
  start: new Date(start),
  end: new Date(end),
});

const floor = (time: number, length: number): number => Math.floor(time / length) * length;
const ceil = (time: number, length: number): number => Math.ceil(time / length) * length;
