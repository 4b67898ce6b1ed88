import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../auth/index.js';
import { ApiErrors } from '../http/error.dto.js';
import {
  QueuedReconciliationDto,
  ReconcileDto,
  ReconciliationDto,
  toReconciliationDto,
} from './reconciliation.dto.js';
import { ReconciliationService } from './reconciliation.service.js';

/** Limits and ledger, held against each other. */
@ApiTags('admin')
@AdminOnly()
@Controller('admin/reconciliation')
export class ReconciliationController {
  constructor(private readonly reconciliation: ReconciliationService) {}

  /** Queues a run now; it runs by itself every minute. */
  @Post()
  @HttpCode(202)
  @ApiAcceptedResponse({ type: QueuedReconciliationDto })
  @ApiErrors({ 404: 'No such workspace', 503: 'The queue takes nothing right now' })
  request(@Body() { workspace_id }: ReconcileDto): Promise<QueuedReconciliationDto> {
    return this.reconciliation.request(workspace_id ?? undefined);
  }

  /** What the last runs found. */
  @Get()
  @ApiOkResponse({ type: ReconciliationDto })
  async last(): Promise<ReconciliationDto> {
    return toReconciliationDto(await this.reconciliation.last());
  }
}
