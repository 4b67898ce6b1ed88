import { Controller, Get, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { RateLimiter } from '#rate-limit';
import { ApiKeyGuard } from './api-key.guard.js';
import { CurrentCaller } from './current-caller.decorator.js';
import { KeyDto, toKeyDto } from './key.dto.js';
import { RequireScopes } from './require-scopes.decorator.js';

/** What a team may know of its own key. */
@ApiTags('auth')
@UseGuards(ApiKeyGuard)
@Controller('v1/key')
export class KeyController {
  constructor(private readonly limiter: RateLimiter) {}

  /** The key's limits, what is left of them and when they reset. Asking moves no counter, so a key that is out can ask. */
  @Get()
  @RequireScopes()
  @ApiOkResponse({ type: KeyDto })
  async show(@CurrentCaller() caller: Caller): Promise<KeyDto> {
    return toKeyDto(caller, await this.limiter.peek(caller), Date.now());
  }
}
