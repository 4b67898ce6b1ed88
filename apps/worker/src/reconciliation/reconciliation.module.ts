import { Module } from '@nestjs/common';
import { OpenRouterModule } from '#openrouter';
import { QuotaAuditModule } from '#rate-limit';
import { UsageModule } from '#usage';
import { EstimateCorrector } from './estimate-corrector.js';
import { LeakedReservations } from './leaked-reservations.js';
import { QuotaMeasurement } from './quota-measurement.js';
import { QuotaReconciler } from './quota-reconciler.js';
import { WorkspaceTurn } from './workspace-turn.js';

/** Limits (Redis) and ledger (PostgreSQL) held against each other; composed here because the two do not know each other. */
@Module({
  imports: [OpenRouterModule, QuotaAuditModule, UsageModule],
  providers: [EstimateCorrector, LeakedReservations, QuotaMeasurement, QuotaReconciler, WorkspaceTurn],
  exports: [EstimateCorrector, QuotaReconciler],
})
export class ReconciliationModule {}
