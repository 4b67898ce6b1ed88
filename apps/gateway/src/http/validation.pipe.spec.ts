import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { firstFault, validationPipe } from './validation.pipe.js';

class PartDto {
  @IsString()
  content: string;
}

class ProbeDto {
  @IsInt()
  @Max(100)
  limit: number;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PartDto)
  parts: PartDto[];
}

const check = (value: unknown): Promise<unknown> =>
  validationPipe().transform(value, { type: 'body', metatype: ProbeDto });

describe('validationPipe', () => {
  it('lets through what fits, as its class', async () => {
    const value = await check({ limit: 1, parts: [{ content: 'x' }] });
    expect(value).toBeInstanceOf(ProbeDto);
    expect(value).toEqual({ limit: 1, parts: [{ content: 'x' }] });
  });

  it.each([
    [{ limit: 101, parts: [] }, 'limit', 'limit must not be greater than 100'],
    [{ limit: 1, parts: [{ content: 'x' }, { content: 7 }] }, 'parts[1].content', 'parts[1].content must be'],
    [{ limit: 1, parts: [{ content: 'x', more: 1 }] }, 'parts[0].more', "Unknown field 'parts[0].more'"],
    [{ limit: 1, parts: [], more: 1 }, 'more', "Unknown field 'more'"],
  ])('refuses %j, naming the field as the caller wrote it', async (value, param, message) => {
    await expect(check(value)).rejects.toMatchObject({
      httpStatus: 400,
      param,
      message: expect.stringContaining(message),
    });
  });
});

describe('a body whose fields may all be left out', () => {
  class WishesDto {
    @IsOptional()
    @IsInt()
    wish?: number;
  }
  const check = (value: unknown) => validationPipe().transform(value, { type: 'body', metatype: WishesDto });

  it('may be empty, but must be there and be an object', async () => {
    expect(await check({})).toBeInstanceOf(WishesDto);
    for (const value of [undefined, null, [], [{}], 7, 'x', true])
      await expect(check(value)).rejects.toMatchObject({ httpStatus: 400 });
  });
});

describe('firstFault', () => {
  it('has words even for a fault without a rule', () => {
    expect(firstFault([{ property: 'field' }])).toEqual({ path: 'field', message: 'is not valid' });
    expect(firstFault([])).toEqual({ path: '', message: 'The request is not valid' });
  });
});
