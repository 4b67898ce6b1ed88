/** What no process starts without, for the specs that need nothing behind it. */
export const requiredSettings = {
  DATABASE_URL: 'postgres://u:p@127.0.0.1/db',
  REDIS_URL: 'redis://127.0.0.1',
  API_KEY_PEPPER: 'pepper-pepper-pepper',
  ADMIN_API_KEY: 'admin-admin-admin-admin',
};
