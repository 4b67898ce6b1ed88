import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiOkResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Caller } from '#auth';
import { type ExportedLine, ExportService, ImportService, isExportedSet } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { ApiErrors } from '../http/error.dto.js';
import { ndjson, sendLines } from '../http/json-lines.js';
import { rawBodyOf } from '../http/request-state.js';
import { RateLimited } from '../rate-limit/index.js';
import { toImport } from './import-lines.js';
import { ItemLineDto, toItemLine } from './item-line.dto.js';
import { toItemSelection } from './item-query.js';
import { ExportQueryDto, ImportResultDto, toImportResultDto } from './transfer.dto.js';
import { toWorkingSetLine, WorkingSetLineDto } from './working-set-line.dto.js';

const anyLine = { oneOf: [{ $ref: getSchemaPath(ItemLineDto) }, { $ref: getSchemaPath(WorkingSetLineDto) }] };

/** Taking memory elsewhere, and back. */
@ApiTags('context')
@ApiExtraModels(ItemLineDto, WorkingSetLineDto)
@RateLimited()
@Controller('v1/context')
export class TransferController {
  constructor(
    private readonly exports: ExportService,
    private readonly imports: ImportService,
  ) {}

  /**
   * All items, or those selected, one a line, the oldest first, and behind all items the definitions of working sets:
   * everything but vectors, as `import` takes it.
   */
  @Get('export')
  @RequireScopes('context:read')
  @ApiOkResponse({ description: 'One object a line', content: { [ndjson]: { schema: anyLine } } })
  async export(
    @CurrentCaller() caller: Caller,
    @Query() query: ExportQueryDto,
    @Res() response: Response,
  ): Promise<void> {
    await sendLines(response, this.exports.lines(caller.workspaceId, toItemSelection(query)), toLine);
  }

  /**
   * Stores exported items and working sets that are not there yet, up to 10,000 at once. One bad line refuses all of them;
   * importing again changes nothing.
   */
  @Post('import')
  @HttpCode(202)
  @RequireScopes('context:write')
  @ApiConsumes(ndjson)
  @ApiBody({ description: 'One object a line', schema: anyLine })
  @ApiErrors({ 409: 'The workspace would have more than 50 working sets' })
  @ApiAcceptedResponse({ type: ImportResultDto })
  async import(@CurrentCaller() caller: Caller, @Req() request: Request): Promise<ImportResultDto> {
    const lines = await toImport(rawBodyOf(request));
    return toImportResultDto(await this.imports.import(caller.workspaceId, lines));
  }
}

const toLine = (line: ExportedLine): ItemLineDto | WorkingSetLineDto =>
  isExportedSet(line) ? toWorkingSetLine(line) : toItemLine(line);
