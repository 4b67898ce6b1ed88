import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import { ApiErrors } from '../http/error.dto.js';
import { AdminGuard } from './admin.guard.js';

/** For controllers that only operators may call. */
export const AdminOnly = () =>
  applyDecorators(
    UseGuards(AdminGuard),
    ApiBearerAuth('admin-key'),
    ApiErrors({ 401: 'ADMIN_API_KEY is missing or wrong' }),
  );
