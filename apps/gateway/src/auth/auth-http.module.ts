import { Global, Module } from '@nestjs/common';
import { AuthModule } from '#auth';

/** Gives the guards of every feature what they check keys with. */
@Global()
@Module({ imports: [AuthModule], exports: [AuthModule] })
export class AuthHttpModule {}
