import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { ForgetService, readCursor } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { listOf } from '../http/list.js';
import { RateLimited } from '../rate-limit/index.js';
import { ErasureDto, ErasureListDto, ErasureListQueryDto, toDryRunDto, toErasureDto } from './erasure.dto.js';
import { ForgetDto, toForgetRequest } from './forget.dto.js';
import { Forgetting } from './forgetting.js';

/** Forgetting, and its certificates. */
@ApiTags('context')
@RateLimited()
@Controller('v1/context')
export class ErasuresController {
  constructor(
    private readonly erasures: ForgetService,
    private readonly forgetting: Forgetting,
  ) {}

  /**
   * Deletes items for good (text, parts, vectors, the questions in receipts that they answered, and the summaries made of them;
   * with a session or a time alone, or with `all`, those receipts' questions too; with all of a session, or `all`, the working
   * sets that take its turns), and the answers that are kept under an `Idempotency-Key` or in the response cache, all of the
   * workspace's, because they may quote them. Answers with the certificate, which counts what went from the database. It goes on
   * when the caller leaves.
   */
  @Post('forget')
  @HttpCode(200)
  @RequireScopes('context:write')
  @ApiOkResponse({ type: ErasureDto })
  async forget(@CurrentCaller() caller: Caller, @Body() body: ForgetDto): Promise<ErasureDto> {
    const request = toForgetRequest(body);
    return body.dry_run === true
      ? toDryRunDto(await this.erasures.preview(caller.workspaceId, request), caller.keyId)
      : toErasureDto(await this.forgetting.forget(caller, request));
  }

  /** Certificates, newest first. */
  @Get('erasures')
  @RequireScopes('context:read')
  @ApiOkResponse({ type: ErasureListDto })
  async list(@CurrentCaller() caller: Caller, @Query() query: ErasureListQueryDto): Promise<ErasureListDto> {
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
    return listOf(await this.erasures.list(caller.workspaceId, query.limit, after), toErasureDto);
  }

  @Get('erasures/:id')
  @RequireScopes('context:read')
  @ApiOkResponse({ type: ErasureDto })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ErasureDto> {
    return toErasureDto(await this.erasures.get(caller.workspaceId, id));
  }
}
