import { IsUUID } from 'class-validator';
import { PageQuery } from '../http/page.dto.js';

/** How operators read lists; the cursor is the id that the page before ended with. */
export class PageQueryDto extends PageQuery(20, 100) {
  @IsUUID()
  declare cursor?: string;
}
