import { describe, expect, it } from 'vitest';
import { AppConfig, ConfigError } from './app-config.js';

const required = {
  DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/db',
  REDIS_URL: 'redis://127.0.0.1:6379',
  API_KEY_PEPPER: 'pepper-pepper-pepper',
  ADMIN_API_KEY: 'admin-admin-admin-admin',
};

describe('AppConfig', () => {
  it('fills in what is not given and freezes the whole', () => {
    const config = new AppConfig(required);
    expect(config.rateLimit.RATE_LIMIT_REQUESTS).toBe(600);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.redis)).toBe(true);
  });

  it('names every wrong variable at once', () => {
    const fault = () => new AppConfig({ ...required, REDIS_URL: '', PORT: '99999', API_KEY_PEPPER: 'short' });
    expect(fault).toThrow(ConfigError);
    expect(fault).toThrow(/REDIS_URL[^]*|PORT/);
    for (const name of ['REDIS_URL', 'PORT', 'API_KEY_PEPPER']) expect(fault).toThrow(name);
  });

  it('never shows a secret in its message', () => {
    expect(() => new AppConfig({ ...required, API_KEY_PEPPER: 'short-secret' })).not.toThrow(/short-secret/);
  });

  it('reads levels in any case, and DEBUG as a level', () => {
    expect(new AppConfig({ ...required, LOG_LEVEL: 'DEBUG' }).observability.LOG_LEVEL).toBe('debug');
    expect(new AppConfig({ ...required, DEBUG: 'true' }).observability.LOG_LEVEL).toBe('debug');
  });

  it('takes NAME= as not set', () => {
    expect(new AppConfig({ ...required, PORT: '' }).server.PORT).toBe(8080);
  });
});
