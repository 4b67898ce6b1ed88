import { Body, Controller, Delete, Get, Param, Post, Query, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiTags,
} from '@nestjs/swagger';
import { ApiKeyService, defaultScopes } from '#auth';
import { AdminGuard } from '../auth/index.js';
import { ApiKeyDto, ApiKeyListDto, CreateApiKeyDto, CreatedApiKeyDto, toApiKeyDto } from './api-key.dto.js';
import { toList } from './list.js';
import { PageQueryDto } from './page.dto.js';

/** The keys of the tenants. */
@ApiTags('admin')
@ApiBearerAuth('admin-key')
@UseGuards(AdminGuard)
@Controller('admin')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeyService) {}

  @Post('workspaces/:id/api-keys')
  @ApiCreatedResponse({ type: CreatedApiKeyDto })
  @ApiNotFoundResponse({ description: 'No such workspace' })
  async create(@Param('id') workspaceId: string, @Body() body: CreateApiKeyDto): Promise<CreatedApiKeyDto> {
    const { apiKey, key } = await this.keys.create({
      workspaceId,
      name: body.name,
      scopes: body.scopes ?? [...defaultScopes],
      allowedModels: body.allowed_models ?? null,
      rateLimitRequests: body.rate_limit_requests ?? null,
      rateLimitWindow: body.rate_limit_window ?? null,
      expiresAt: body.expires_at == null ? null : new Date(body.expires_at),
    });
    return Object.assign(toApiKeyDto(apiKey), { key });
  }

  @Get('workspaces/:id/api-keys')
  @ApiOkResponse({ type: ApiKeyListDto })
  @ApiNotFoundResponse({ description: 'No such workspace' })
  async list(
    @Param('id') workspaceId: string,
    @Query() { limit, cursor }: PageQueryDto,
  ): Promise<ApiKeyListDto> {
    return toList(await this.keys.list(workspaceId, limit, cursor ?? null), toApiKeyDto);
  }

  /** Revokes. Doing it again is no error. */
  @Delete('api-keys/:public_id')
  @ApiOkResponse({ type: ApiKeyDto })
  @ApiNotFoundResponse({ description: 'No such key' })
  async revoke(@Param('public_id') publicId: string): Promise<ApiKeyDto> {
    return toApiKeyDto(await this.keys.revoke(publicId));
  }
}
