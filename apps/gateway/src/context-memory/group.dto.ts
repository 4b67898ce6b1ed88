import { ApiProperty } from '@nestjs/swagger';
import type { ItemGroup } from '#context-memory';
import { ListDto } from '../http/list.js';
import { PageQuery } from '../http/page.dto.js';

/** Items that are kept together. */
class GroupDto {
  @ApiProperty({ example: 'handbook' })
  name: string;

  @ApiProperty({ example: 12 })
  items: number;

  @ApiProperty({ description: 'Of these, how many are pinned', example: 1 })
  pinned: number;

  @ApiProperty({ description: 'When the newest of them was made', example: '2026-11-22T08:30:00.000Z' })
  newest_at: string;
}

/** A collection, by its name. */
export class CollectionDto extends GroupDto {
  @ApiProperty({ example: 'context.collection' })
  object: 'context.collection';
}

/** A session, by its name. */
export class SessionDto extends GroupDto {
  @ApiProperty({ example: 'context.session' })
  object: 'context.session';
}

/** One page of collections. */
export class CollectionListDto extends ListDto {
  @ApiProperty({ type: [CollectionDto] })
  data: CollectionDto[];
}

/** One page of sessions. */
export class SessionListDto extends ListDto {
  @ApiProperty({ type: [SessionDto] })
  data: SessionDto[];
}

/** Which of them, a page at a time. */
export class GroupListQueryDto extends PageQuery(100, 1_000) {}

/** A collection as it goes over the wire. */
export const toCollectionDto = (group: ItemGroup): CollectionDto => ({
  object: 'context.collection',
  ...toGroupDto(group),
});

/** A session as it goes over the wire. */
export const toSessionDto = (group: ItemGroup): SessionDto => ({
  object: 'context.session',
  ...toGroupDto(group),
});

const toGroupDto = ({ newestAt, ...group }: ItemGroup) => ({
  ...group,
  newest_at: newestAt.toISOString(),
});
