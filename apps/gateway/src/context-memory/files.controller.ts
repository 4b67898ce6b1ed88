import { Controller, Headers, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Caller } from '#auth';
import { FileService } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { clientGone } from '../http/client-gone.js';
import { ApiErrors } from '../http/error.dto.js';
import { RateLimited } from '../rate-limit/index.js';
import { FileFormDto, PostFileDto } from './file.dto.js';
import { readFileRequest } from './file-request.js';
import { IngestResultDto, toIngestResultDto } from './ingest-result.dto.js';
import { IngestQueryDto } from './ingest.dto.js';

/** Files that become documents. */
@ApiTags('context')
@ApiExtraModels(PostFileDto, FileFormDto)
@RateLimited()
@Controller('v1/context/files')
export class FilesController {
  constructor(private readonly files: FileService) {}

  /**
   * Takes a PDF, DOCX, HTML, Markdown, text or code file. A worker reads it into one document; the job says when, and which item it
   * became. With an `external_id` it replaces what was stored under it, and only changed parts are embedded again.
   */
  @Post()
  @HttpCode(202)
  @RequireScopes('context:write')
  @ApiConsumes('application/json', 'multipart/form-data')
  @ApiBody({
    schema: { oneOf: [{ $ref: getSchemaPath(PostFileDto) }, { $ref: getSchemaPath(FileFormDto) }] },
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'A repeat with it is the same post' })
  @ApiErrors({
    409: 'The Idempotency-Key came before, with another body',
    415: 'A kind of file that is not read',
  })
  @ApiAcceptedResponse({ type: IngestResultDto })
  @ApiCreatedResponse({ type: IngestResultDto, description: 'With `?wait=true`: read and embedded' })
  async create(
    @CurrentCaller() caller: Caller,
    @Req() request: Request,
    @Query() query: IngestQueryDto,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IngestResultDto> {
    const wait = query.wait === 'true';
    const { file, redact } = await readFileRequest(request);
    const options = { idempotencyKey, wait, redact, signal: clientGone(response) };
    const result = await this.files.accept(caller.workspaceId, file, options);
    if (wait && result.job.status === 'completed') response.status(201);
    return toIngestResultDto(result);
  }
}
