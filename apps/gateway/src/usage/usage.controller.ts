import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { Database } from '#database';
import { UsageReportRepository } from '#usage';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { listOf } from '../http/list.js';
import { RateLimited } from '../rate-limit/index.js';
import { demandSensibleGroups, usageRange } from './usage-range.js';
import { UsageFormat } from './usage-format.interceptor.js';
import { ApiUsageResponse } from './usage-response.decorator.js';
import { toUsageTotalsDto, type UsageListDto, UsageQueryDto } from './usage.dto.js';

/** What the workspace used. */
@ApiTags('usage')
@RateLimited()
@Controller('v1/usage')
export class UsageController {
  constructor(
    private readonly database: Database,
    private readonly reports: UsageReportRepository,
  ) {}

  /**
   * Sums of the ledger; a call is in it a moment after it ended. With `Accept: text/csv` the same rows as CSV, and the next page
   * in the headers.
   */
  @Get()
  @UseInterceptors(UsageFormat)
  @RequireScopes('usage:read')
  @ApiUsageResponse()
  async totals(@CurrentCaller() caller: Caller, @Query() query: UsageQueryDto): Promise<UsageListDto> {
    const now = new Date();
    const { start, end } = usageRange(query.start, query.end, now);
    const { group_by: groups, limit, cursor = null } = query;
    demandSensibleGroups(groups);
    const page = await this.database.inWorkspace(caller.workspaceId, (scope) =>
      this.reports.totals(scope, { start, end, now, groups, limit, cursor }),
    );
    return {
      ...listOf(page, toUsageTotalsDto),
      start: start.toISOString(),
      end: end.toISOString(),
      group_by: groups,
    };
  }
}
