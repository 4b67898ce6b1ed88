import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiKeyService, defaultScopes } from '#auth';
import { AdminOnly } from '../auth/index.js';
import { listOf } from '../http/list.js';
import { ApiKeyDto, ApiKeyListDto, CreateApiKeyDto, CreatedApiKeyDto, toApiKeyDto } from './api-key.dto.js';
import { fromKeySettingsDto } from './limit-settings.dto.js';
import { PageQueryDto } from './page.dto.js';

/** The keys of the tenants. */
@ApiTags('admin')
@AdminOnly()
@Controller('admin')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeyService) {}

  @Post('workspaces/:id/api-keys')
  @ApiCreatedResponse({ type: CreatedApiKeyDto })
  async create(@Param('id') workspaceId: string, @Body() body: CreateApiKeyDto): Promise<CreatedApiKeyDto> {
    const { apiKey, key } = await this.keys.create({
      workspaceId,
      name: body.name,
      scopes: body.scopes ?? [...defaultScopes],
      allowedModels: body.allowed_models ?? null,
      ...fromKeySettingsDto(body),
      expiresAt: body.expires_at == null ? null : new Date(body.expires_at),
    });
    return Object.assign(toApiKeyDto(apiKey), { key });
  }

  @Get('workspaces/:id/api-keys')
  @ApiOkResponse({ type: ApiKeyListDto })
  async list(
    @Param('id') workspaceId: string,
    @Query() { limit, cursor }: PageQueryDto,
  ): Promise<ApiKeyListDto> {
    return listOf(await this.keys.list(workspaceId, limit, cursor ?? null), toApiKeyDto);
  }

  /** Revokes. Doing it again is no error. */
  @Delete('api-keys/:public_id')
  @ApiOkResponse({ type: ApiKeyDto })
  async revoke(@Param('public_id') publicId: string): Promise<ApiKeyDto> {
    return toApiKeyDto(await this.keys.revoke(publicId));
  }
}
