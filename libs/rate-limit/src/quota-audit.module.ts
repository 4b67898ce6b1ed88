import { Module } from '@nestjs/common';
import { LimitKeyScan } from './limit-key.scan.js';
import { QuotaAudit } from './quota-audit.js';

/** For the process that reconciles; it admits nobody, so it needs no limiter. */
@Module({ providers: [LimitKeyScan, QuotaAudit], exports: [LimitKeyScan, QuotaAudit] })
export class QuotaAuditModule {}
