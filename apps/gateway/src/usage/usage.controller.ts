import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { ApiBadRequestResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { Database } from '#database';
import { UsageReportRepository } from '#usage';
import { ApiKeyGuard, CurrentCaller, RequireScopes } from '../auth/index.js';
import { RateLimitGuard } from '../rate-limit/index.js';
import { demandSensibleGroups, usageRange } from './usage-range.js';
import { toUsageTotalsDto, UsageListDto, UsageQueryDto } from './usage.dto.js';

/** What the workspace used. */
@ApiTags('usage')
@UseGuards(ApiKeyGuard, RateLimitGuard)
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
  @ApiBadRequestResponse({ description: 'A field is wrong; `error.param` names it' })
  async totals(@CurrentCaller() caller: Caller, @Query() query: UsageQueryDto): Promise<UsageListDto> {
    const { start, end } = usageRange(query.start, query.end, new Date());
    const { group_by: groups, limit, cursor = null } = query;
    demandSensibleGroups(groups);
    const page = await this.database.inWorkspace(caller.workspaceId, (scope) =>
      this.reports.totals(scope, { start, end, groups, limit, cursor }),
    );
    return {
      object: 'list',
      start: start.toISOString(),
      end: end.toISOString(),
      group_by: groups,
      data: page.data.map(toUsageTotalsDto),
      has_more: page.nextCursor !== null,
      next_cursor: page.nextCursor,
    };
  }
}
