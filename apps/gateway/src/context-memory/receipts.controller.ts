import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { ReceiptService } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { RateLimited } from '../rate-limit/index.js';
import { ReceiptDto, toReceiptDto } from './receipt.dto.js';

/** What was recalled for a call, and how the call went. */
@ApiTags('context')
@RateLimited()
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
