import { ApiProperty } from '@nestjs/swagger';
import { ArrayUnique, IsArray, IsIn } from 'class-validator';
import { piiClasses, type PiiClass } from '#context-memory';

/** Classes of personal data that a workspace does not store. */
export class RedactionDto {
  @ApiProperty({ isArray: true, enum: piiClasses, example: ['email', 'phone'] })
  @IsArray()
  @ArrayUnique()
  @IsIn(piiClasses, { each: true })
  classes: PiiClass[];
}
