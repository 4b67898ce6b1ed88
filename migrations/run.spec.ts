import { describe, expect, it } from 'vitest';
import { migrate, NoDatabase } from './run.js';

describe('migrate', () => {
  // Port 1 is reserved (tcpmux): nobody listens there.
  it('says in one line which database cannot be reached, and never the password', async () => {
    const failure = await migrate('postgres://user:secret@127.0.0.1:1/db').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NoDatabase);
    expect(failure).toHaveProperty(
      'message',
      expect.stringMatching(/^The database at 127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED.*$/),
    );
    expect(String(failure)).not.toContain('secret');
  });
});
