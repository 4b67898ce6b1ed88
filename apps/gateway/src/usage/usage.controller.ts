import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { Database } from '#database';
import { UsageReportRepository } from '#usage';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { listOf } from '../http/list.js';
import { RateLimited } from '../rate-limit/index.js';
import { demandSensibleGroups, usageRange } from './usage-range.js';
import { toUsageTotalsDto, UsageListDto, UsageQueryDto } from './usage.dto.js';

/** What the workspace used. */
@ApiTags('usage')
@RateLimited()
@Controller('v1/usage')
export class UsageController {
  constructor(
    private readonly database: Database,
    private readonly reports: UsageReportRepository,
  ) {}

  /** Sums of the ledger; a call is in it a moment after it ended. */
  @Get()
  @RequireScopes('usage:read')
  @ApiOkResponse({ type: UsageListDto })
  async totals(@CurrentCaller() caller: Caller, @Query() query: UsageQueryDto): Promise<UsageListDto> {
    const { start, end } = usageRange(query.start, query.end, new Date());
    const { group_by: groups, limit, cursor = null } = query;
    demandSensibleGroups(groups);
    const page = await this.database.inWorkspace(caller.workspaceId, (scope) =>
      this.reports.totals(scope, { start, end, groups, limit, cursor }),
    );
    return {
      ...listOf(page, toUsageTotalsDto),
      start: start.toISOString(),
      end: end.toISOString(),
      group_by: groups,
    };
  }
}
