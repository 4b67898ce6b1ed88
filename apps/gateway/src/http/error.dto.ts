import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';

class ErrorDetailsDto {
  @ApiProperty({ description: 'For people', example: 'limit must not be greater than 100' })
  message: string;

  @ApiProperty({ description: 'The family OpenAI clients know', example: 'invalid_request_error' })
  type: string;

  @ApiProperty({ type: String, description: 'The field at fault', example: 'limit', nullable: true })
  param: string | null;

  @ApiProperty({ description: 'For programs: a stable word', example: 'invalid_request' })
  code: string;
}

/** Every error, as OpenAI clients parse it; GatewayError.toBody writes it. */
export class ErrorDto {
  @ApiProperty({ type: ErrorDetailsDto })
  error: ErrorDetailsDto;
}

class MessageErrorDetailsDto {
  @ApiProperty({ description: 'The family Anthropic’s clients know', example: 'invalid_request_error' })
  type: string;

  @ApiProperty({ description: 'For people', example: `'messages' is required` })
  message: string;

  @ApiProperty({
    description: 'For programs: a stable word, and the field at fault where there is one',
    type: 'object',
    properties: { error_code: { type: 'string' }, param: { type: 'string' } },
    required: ['error_code'],
    example: { error_code: 'invalid_request', param: 'messages' },
  })
  details: { error_code: string; param?: string };
}

/** Every error of the Messages door, as Anthropic's clients parse it; messageErrorBody writes it. */
export class MessageErrorDto {
  @ApiProperty({ example: 'error' })
  type: 'error';

  @ApiProperty({ type: MessageErrorDetailsDto })
  error: MessageErrorDetailsDto;

  @ApiProperty({ description: 'As in `x-request-id`' })
  request_id: string;
}

/** Documents refusals of a route, or of a whole controller: status → when. */
export const ApiErrors = (when: Readonly<Record<number, string | undefined>>) =>
  applyDecorators(
    ...Object.entries(when).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, type: ErrorDto }),
    ),
  );
