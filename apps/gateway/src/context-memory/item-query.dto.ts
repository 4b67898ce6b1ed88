import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';

/** Which items, as a query string says it; all that is given must hold. */
export class ItemQueryDto {
  @ApiProperty({
    description: 'A filter as URL-encoded JSON',
    example: '{"metadata.team":"support"}',
    required: false,
  })
  @IsOptional()
  @IsString()
  filter?: string;

  @ApiProperty({ example: 'chat-42', required: false })
  @IsOptional()
  @IsString()
  session?: string;

  @ApiProperty({ example: 'note', required: false })
  @IsOptional()
  @IsString()
  kind?: string;

  @ApiProperty({ example: 'handbook', required: false })
  @IsOptional()
  @IsString()
  collection?: string;

  @ApiProperty({ enum: ['true', 'false'], example: 'true', required: false })
  @IsOptional()
  @IsIn(['true', 'false'])
  pinned?: 'true' | 'false';
}
