import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { ReceiptService } from '#context-memory';
import { ApiKeyGuard, CurrentCaller, RequireScopes } from '../auth/index.js';
import { RateLimitGuard } from '../rate-limit/index.js';
import { ReceiptDto, toReceiptDto } from './receipt.dto.js';

/** What was recalled for a call, and how the call went. */
@ApiTags('context')
@ApiBearerAuth('api-key')
@UseGuards(ApiKeyGuard, RateLimitGuard)
@Controller('v1/context/receipts')
export class ReceiptsController {
  constructor(private readonly receipts: ReceiptService) {}

  @Get(':id')
  @RequireScopes('context:read')
  @ApiOkResponse({ type: ReceiptDto })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ReceiptDto> {
    return toReceiptDto(await this.receipts.get(caller.workspaceId, id));
  }
}
