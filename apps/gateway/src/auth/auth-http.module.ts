import { Global, Module } from '@nestjs/common';
import { AuthModule } from '#auth';
import { KeyController } from './key.controller.js';

/** Gives the guards of every feature what they check keys with; and a key's own view, for which RateLimitHttpModule must be there. */
@Global()
@Module({ imports: [AuthModule], controllers: [KeyController], exports: [AuthModule] })
export class AuthHttpModule {}
