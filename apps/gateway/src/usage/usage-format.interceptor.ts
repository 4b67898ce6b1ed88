import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { NotAcceptableError } from '../http/http.errors.js';
import { nextPageLink, usageCsv } from './usage-csv.js';
import type { UsageListDto } from './usage.dto.js';

const json = 'application/json; charset=utf-8';
const csv = 'text/csv; charset=utf-8; header=present';

/**
 * Gives a report as JSON or, to those who like that better, as CSV (RFC 9110, section 12.5.1). Where the caller's likings leave
 * it open it is JSON; errors always are.
 */
export class UsageFormat implements NestInterceptor<UsageListDto, UsageListDto | string> {
  /** @throws NotAcceptableError for a caller who wants neither */
  intercept(context: ExecutionContext, next: CallHandler<UsageListDto>): Observable<UsageListDto | string> {
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    response.vary('accept');
    const format = request.accepts([json, csv]);
    if (format === false) throw new NotAcceptableError(['application/json', 'text/csv']);
    return format === csv ? next.handle().pipe(map((list) => asCsv(list, request, response))) : next.handle();
  }
}

/** The rows are the body; what the JSON list has around them goes into headers. */
function asCsv(list: UsageListDto, request: Request, response: Response): string {
  response.type(csv);
  if (list.next_cursor !== null) {
    response.setHeader('x-next-cursor', list.next_cursor);
    response.setHeader('link', nextPageLink(request.url.split('?', 2)[1] ?? '', list, list.next_cursor));
  }
  return usageCsv(list.data);
}
