import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayUnique, IsIn, IsOptional } from 'class-validator';
import { piiClasses } from '#context-memory';

/** Classes of personal data that a request wants taken out. */
export const Redact = () =>
  applyDecorators(
    ApiProperty({
      nullable: true,
      required: false,
      isArray: true,
      enum: piiClasses,
      description:
        'Replaced by marks like `[EMAIL]` before anything is stored; adds to what the workspace has taken out anyway',
    }),
    IsOptional(),
    ArrayUnique(),
    IsIn(piiClasses, { each: true }),
  );
