import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength, MinLength } from 'class-validator';
import type { Workspace } from '#auth';
import { ListDto } from '../http/list.js';
import {
  GivenWorkspaceLimitSettingsDto,
  toWorkspaceSettingsDto,
  WorkspaceLimitSettingsDto,
} from './limit-settings.dto.js';

/** What neither PostgreSQL (NUL) nor a terminal takes well. */
export const printable = /^[^\p{Cc}\p{Cs}]*$/u;

/** A new tenant. */
export class CreateWorkspaceDto extends GivenWorkspaceLimitSettingsDto {
  @ApiProperty({ description: 'For people; need not be unique', example: 'Support team' })
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  @Matches(printable, { message: 'name must not hold control characters' })
  name: string;
}

/** A tenant. */
export class WorkspaceDto extends WorkspaceLimitSettingsDto {
  @ApiProperty({ example: 'workspace' }) object: 'workspace';
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 'Support team' }) name: string;
  @ApiProperty({ type: String, nullable: true, description: 'Meant when a chat call names no model' })
  default_model: string | null;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ format: 'date-time' }) updated_at: string;
}

/** A workspace as it goes over the wire. */
export const toWorkspaceDto = (workspace: Workspace): WorkspaceDto => ({
  object: 'workspace',
  id: workspace.id,
  name: workspace.name,
  ...toWorkspaceSettingsDto(workspace),
  default_model: workspace.defaultModel,
  created_at: workspace.createdAt.toISOString(),
  updated_at: workspace.updatedAt.toISOString(),
});

/** One page of workspaces. */
export class WorkspaceListDto extends ListDto {
  @ApiProperty({ type: [WorkspaceDto] }) data: WorkspaceDto[];
}
