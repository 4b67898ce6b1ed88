import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { IsOptional, IsString, ValidateIf } from 'class-validator';
import { readTime } from '#common';
import { type ContextItem, type ItemPatch } from '#context-memory';
import { ListDto } from '../http/list.js';
import { PageQuery } from '../http/page.dto.js';
import { ItemDetailsDto } from './item-fields.dto.js';
import { ItemQueryDto } from './item-query.dto.js';

const statuses = ['pending', 'embedded', 'failed'] as const;

/** An item of memory. */
export class ItemDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000002' })
  id: string;

  @ApiProperty({ example: 'context.item' })
  object: 'context.item';

  @ApiProperty({ example: 'note' })
  kind: string;

  @ApiProperty({ type: String, example: 'Refund policy', nullable: true })
  title: string | null;

  @ApiProperty({
    description: 'The whole text; in lists the first part of a long one',
    example: 'Refunds take 30 days.',
  })
  content: string;

  @ApiProperty({ type: String, example: 'chat-42', nullable: true })
  session: string | null;

  @ApiProperty({ type: String, example: 'handbook', nullable: true })
  collection: string | null;

  @ApiProperty({ type: String, example: 'kb/refunds.md', nullable: true })
  external_id: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { team: 'support' } })
  metadata: Record<string, unknown>;

  @ApiProperty({ example: 0.5 })
  importance: number;

  @ApiProperty({ example: false })
  pinned: boolean;

  @ApiProperty({ type: String, example: null, nullable: true })
  expires_at: string | null;

  @ApiProperty({ description: 'Found by words at once, by meaning when `embedded`', enum: statuses })
  status: (typeof statuses)[number];

  @ApiProperty({ type: String, description: 'Why it failed', example: null, nullable: true })
  error: string | null;

  @ApiProperty({ description: 'Goes up with every change', example: 1 })
  version: number;

  @ApiProperty({ description: 'Estimated', example: 6 })
  tokens: number;

  @ApiProperty({ description: 'Parts it was split into', example: 1 })
  parts: number;

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  created_at: string;

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  updated_at: string;
}

/** One page of items. */
export class ItemListDto extends ListDto {
  @ApiProperty({ type: [ItemDto] })
  data: ItemDto[];
}

/** Which items, a page at a time. */
export class ItemListQueryDto extends IntersectionType(PageQuery(20, 100), ItemQueryDto) {}

/** What is named is changed; null clears the title, the session, the collection or the expiry. */
export class PatchItemDto extends ItemDetailsDto {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'It goes to the end of it',
    example: 'chat-42',
    required: false,
  })
  @IsOptional()
  @IsString()
  session?: string | null;

  @ApiProperty({ type: String, example: 'Refund policy', required: false, nullable: true })
  @IsOptional()
  @IsString()
  title?: string | null;

  @ApiProperty({ description: 'Embedded again', example: 'Refunds take 14 days.', required: false })
  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  content?: string;
}

/** What is left of a deleted item. */
export class DeletedItemDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000002' })
  id: string;

  @ApiProperty({ example: 'context.item' })
  object: 'context.item';

  @ApiProperty({ example: true })
  deleted: true;
}

/** A change as the lib takes it. @throws InvalidRequestError for a time that is none */
export const toPatch = (body: PatchItemDto): ItemPatch => ({
  content: body.content,
  title: body.title,
  session: body.session,
  collection: body.collection,
  metadata: body.metadata ?? undefined,
  importance: body.importance ?? undefined,
  pinned: body.pinned ?? undefined,
  expiresAt: body.expires_at == null ? body.expires_at : readTime(body.expires_at, 'expires_at'),
});

/** An item as it goes over the wire. */
export const toItemDto = (item: ContextItem): ItemDto => ({
  id: item.id,
  object: 'context.item',
  kind: item.kind,
  title: item.title,
  content: item.content,
  session: item.session,
  collection: item.collection,
  external_id: item.externalId,
  metadata: item.metadata,
  importance: item.importance,
  pinned: item.pinned,
  expires_at: item.expiresAt?.toISOString() ?? null,
  status: item.status,
  error: item.error,
  version: item.version,
  tokens: item.tokens,
  parts: item.parts,
  created_at: item.createdAt.toISOString(),
  updated_at: item.updatedAt.toISOString(),
});
