import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import type { EstimateCorrection, LastReconciliation, QuotaReconciliation } from '#usage';

/** What to reconcile. */
export class ReconcileDto {
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    required: false,
    description: 'One workspace’s quota; those whose turn it is when not given',
  })
  @IsOptional()
  @IsUUID()
  workspace_id?: string | null;
}

class QueuedJobDto {
  @ApiProperty({ format: 'uuid', description: '`job_id` in the worker’s log' }) id: string;
  @ApiProperty({ enum: ['reconcile-quotas', 'correct-estimates'] }) job:
    'reconcile-quotas' | 'correct-estimates';
}

/** What was queued. */
export class QueuedReconciliationDto {
  @ApiProperty({ example: 'reconciliation_request' }) object: 'reconciliation_request';
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) workspace_id: string | null;
  @ApiProperty({ type: [QueuedJobDto] }) jobs: QueuedJobDto[];
}

class QuotaReconciliationDto implements QuotaReconciliation {
  @ApiProperty({ format: 'date-time' }) finished_at: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The one it was asked for' })
  workspace_id: string | null;
  @ApiProperty({ description: 'Workspaces looked at' }) workspaces: number;
  @ApiProperty({ description: 'Workspaces whose count was not the ledger’s' }) drifting: number;
  @ApiProperty({ description: 'Tokens by which they were off, without signs' }) drift_tokens: number;
  @ApiProperty({ description: 'Reservations that lapsed and were given back' }) reservations_reaped: number;
  @ApiProperty({ description: 'Reservations settled by what the ledger says of their calls' })
  reservations_settled: number;
  @ApiProperty({ description: 'Slots of calls in flight that were freed' }) slots_reaped: number;
}

class EstimateCorrectionDto implements EstimateCorrection {
  @ApiProperty({ format: 'date-time' }) finished_at: string;
  @ApiProperty({ description: 'Events looked up at the upstream' }) looked_up: number;
  @ApiProperty() corrected: number;
  @ApiProperty({ description: 'No record within a day' }) given_up: number;
  @ApiProperty({ description: 'Events that wait for a record still' }) pending: number;
}

/** What the last runs found. */
export class ReconciliationDto {
  @ApiProperty({ example: 'reconciliation' }) object: 'reconciliation';
  @ApiProperty({ type: QuotaReconciliationDto, nullable: true, description: 'null: no run is remembered' })
  quotas: QuotaReconciliationDto | null;
  @ApiProperty({ type: EstimateCorrectionDto, nullable: true, description: 'null: no run is remembered' })
  estimates: EstimateCorrectionDto | null;
}

/** The last runs as they go over the wire. */
export const toReconciliationDto = (last: LastReconciliation): ReconciliationDto => ({
  object: 'reconciliation',
  ...last,
});
