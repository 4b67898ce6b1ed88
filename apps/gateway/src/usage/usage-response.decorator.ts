import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiErrors } from '../http/error.dto.js';
import { usageCsv } from './usage-csv.js';
import { UsageListDto } from './usage.dto.js';

const example = usageCsv([
  {
    object: 'usage',
    start_time: '2030-01-31T00:00:00.000Z',
    key_id: null,
    model: 'demo/echo-with-context',
    status: null,
    requests: 2,
    prompt_tokens: 120,
    completion_tokens: 30,
    context_tokens: 40,
    tokens_used: 150,
    cost: '0.0123',
  },
]);

/** Documents both forms of a report. */
export const ApiUsageResponse = () =>
  applyDecorators(
    ApiExtraModels(UsageListDto),
    ApiOkResponse({
      description:
        'By `Accept`: JSON, or CSV (RFC 4180) with a line of names; null is empty, and a name that a spreadsheet would take for ' +
        'a formula begins with an apostrophe',
      headers: {
        Link: {
          description:
            'CSV only: the next page, relative to this address, as `<?…>; rel="next"`; absent on the last',
          schema: { type: 'string' },
        },
        'x-next-cursor': {
          description: 'CSV only: the `cursor` of the next page; absent on the last',
          schema: { type: 'string' },
        },
      },
      content: {
        'application/json': { schema: { $ref: getSchemaPath(UsageListDto) } },
        'text/csv': { schema: { type: 'string' }, example },
      },
    }),
    ApiErrors({ 406: 'The `Accept` header wants neither JSON nor CSV' }),
  );
