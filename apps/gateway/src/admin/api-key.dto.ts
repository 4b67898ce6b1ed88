import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  MinLength,
} from 'class-validator';
import { defaultScopes, scopes, type ApiKey, type Scope } from '#auth';
import { IsTime } from '../http/is-time.decorator.js';
import { ListDto } from '../http/list.js';
import { GivenKeyLimitSettingsDto, KeyLimitSettingsDto, toKeySettingsDto } from './limit-settings.dto.js';
import { printable } from './workspace.dto.js';

/** A new key. */
export class CreateApiKeyDto extends GivenKeyLimitSettingsDto {
  @ApiProperty({ description: 'For people; need not be unique', example: 'checkout service' })
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  @Matches(printable, { message: 'name must not hold control characters' })
  name: string;

  @ApiProperty({
    nullable: true,
    description: 'What the key may do; `admin` is every scope inside its own workspace',
    enum: scopes,
    isArray: true,
    default: defaultScopes,
    required: false,
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(scopes, { each: true })
  scopes?: Scope[] | null;

  @ApiProperty({
    type: [String],
    nullable: true,
    description:
      'Models the key may name, virtual or real; any when not given. A virtual name opens its targets through it only',
    example: ['openai/gpt-4o-mini'],
    required: false,
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(200)
  @Matches(/^[\w.:@/~-]{1,200}$/, { each: true })
  allowed_models?: string[] | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'RFC 3339; never when not given',
    example: '2030-01-01T00:00:00Z',
    required: false,
  })
  @IsOptional()
  @IsTime()
  expires_at?: string | null;
}

/** A key as operators see it: what it may do, never its secret. */
export class ApiKeyDto extends KeyLimitSettingsDto {
  @ApiProperty({ example: 'api_key' }) object: 'api_key';
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ description: 'Names the key in logs and admin calls', example: '0123456789abcdef' })
  public_id: string;
  @ApiProperty({ format: 'uuid' }) workspace_id: string;
  @ApiProperty({ example: 'checkout service' }) name: string;
  @ApiProperty({ enum: scopes, isArray: true }) scopes: Scope[];
  @ApiProperty({ type: [String], nullable: true, description: 'null: any' }) allowed_models: string[] | null;
  @ApiProperty({ description: 'False once revoked' }) active: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) expires_at: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) revoked_at: string | null;
  @ApiProperty({ format: 'date-time' }) created_at: string;
}

/** A key at the one moment its secret is known. */
export class CreatedApiKeyDto extends ApiKeyDto {
  @ApiProperty({
    description: 'The key itself. It is shown this once and stored nowhere',
    example: 'ctx_…_…',
  })
  key: string;
}

/** One page of keys. */
export class ApiKeyListDto extends ListDto {
  @ApiProperty({ type: [ApiKeyDto] }) data: ApiKeyDto[];
}

/** A key as it goes over the wire. */
export const toApiKeyDto = (apiKey: ApiKey): ApiKeyDto => ({
  object: 'api_key',
  id: apiKey.id,
  public_id: apiKey.publicId,
  workspace_id: apiKey.workspaceId,
  name: apiKey.name,
  scopes: apiKey.scopes,
  allowed_models: apiKey.allowedModels,
  ...toKeySettingsDto(apiKey),
  active: apiKey.active,
  expires_at: apiKey.expiresAt?.toISOString() ?? null,
  revoked_at: apiKey.revokedAt?.toISOString() ?? null,
  created_at: apiKey.createdAt.toISOString(),
});
