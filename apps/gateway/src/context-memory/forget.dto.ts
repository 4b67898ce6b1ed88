import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsObject, IsOptional, IsString } from 'class-validator';
import { readTime } from '#common';
import type { ForgetRequest } from '#context-memory';
import { IsTime } from '../http/is-time.decorator.js';

/** Which items to forget; all that is given must hold, and `all: true` stands alone. */
export class ForgetDto {
  @ApiProperty({ type: Boolean, nullable: true, description: 'Everything', example: false, required: false })
  @IsOptional()
  @IsBoolean()
  all?: boolean | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'As in a recall. The certificate keeps it as it is sent',
    example: { 'customer.id': 4711 },
  })
  @IsOptional()
  @IsObject()
  filter?: Record<string, unknown> | null;

  @ApiProperty({ type: String, nullable: true, example: 'chat-42', required: false })
  @IsOptional()
  @IsString()
  session?: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'handbook', required: false })
  @IsOptional()
  @IsString()
  collection?: string | null;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Only what is pinned, or is not',
    required: false,
  })
  @IsOptional()
  @IsBoolean()
  pinned?: boolean | null;

  @ApiProperty({ type: String, nullable: true, example: 'turn', required: false })
  @IsOptional()
  @IsString()
  kind?: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'kb/refunds.md', required: false })
  @IsOptional()
  @IsString()
  external_id?: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Inclusive',
    example: '2026-11-01T00:00:00Z',
    required: false,
  })
  @IsOptional()
  @IsTime()
  created_after?: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Exclusive',
    example: '2026-12-01T00:00:00Z',
    required: false,
  })
  @IsOptional()
  @IsTime()
  created_before?: string | null;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Only count what would go',
    example: true,
    required: false,
  })
  @IsOptional()
  @IsBoolean()
  dry_run?: boolean | null;
}

/** The request as the lib takes it. @throws InvalidRequestError for a time that is none */
export const toForgetRequest = (body: ForgetDto): ForgetRequest => ({
  all: body.all ?? undefined,
  filter: body.filter ?? undefined,
  session: body.session ?? undefined,
  collection: body.collection ?? undefined,
  pinned: body.pinned ?? undefined,
  kind: body.kind ?? undefined,
  externalId: body.external_id ?? undefined,
  createdAfter: body.created_after == null ? undefined : readTime(body.created_after, 'created_after'),
  createdBefore: body.created_before == null ? undefined : readTime(body.created_before, 'created_before'),
});
