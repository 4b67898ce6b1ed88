import { Transform } from 'class-transformer';

/** The member exactly as it was sent: class-transformer copies plain objects and drops some of their keys. */
export const RawJson = (): PropertyDecorator =>
  Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]);
