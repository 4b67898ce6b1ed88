import { isRFC3339, ValidateBy } from 'class-validator';
import { parseTime } from '#common';

/** An RFC 3339 time that JavaScript and PostgreSQL both can hold (RFC 3339 alone allows the year 0 and leap seconds). */
export const IsTime = (): PropertyDecorator =>
  ValidateBy({
    name: 'isTime',
    validator: {
      validate: (value: unknown) =>
        isRFC3339(value) && typeof value === 'string' && parseTime(value) !== undefined,
      defaultMessage: () => '$property must be an RFC 3339 time, e.g. 2030-01-31T09:00:00Z',
    },
  });
