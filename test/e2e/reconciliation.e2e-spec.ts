import { describe, expect, it } from 'vitest';
import { admin, fault, type Json, newTenant, until, upstreamCalls } from './tenant.js';

const groups = '/v1/usage?group_by=none';

describe('a stream that its reader leaves', () => {
  it('is settled by an estimate, and corrected to what the upstream counted, in the ledger and in the quota', async () => {
    const tenant = await newTenant({ workspace: { daily_token_quota: 1_000_000 } });
    const user = `leaves-${tenant.keyId}`;
    await fault({ user, delay_chunk_ms: 20 });
    const stream = await tenant.openai.chat.completions.create({
      model: 'sim/fast',
      user,
      stream: true,
      messages: [{ role: 'user', content: 'say something that takes a while, and then some more of it' }],
    });
    let chunks = 0;
    for await (const _ of stream) {
      chunks += 1;
      if (chunks === 3) break;
    }
    const used = async (): Promise<Json> => (await tenant.call('GET', groups)).body.data?.[0];
    const billed = async (): Promise<Json> => (await upstreamCalls(user))[0];
    const isTrue = (row: Json, call: Json) =>
      row?.prompt_tokens === call?.prompt_tokens && row?.completion_tokens === call?.completion_tokens;
    await until('the estimate in the ledger', used, (row) => row?.requests === 1);

    // By the clock: every ten seconds, once the record may be there.
    await until(
      'the upstream’s numbers in the ledger',
      async () => [await used(), await billed()],
      ([row, call]) => Number(row.cost) > 0 && isTrue(row, call),
      30_000,
    );
    const { tokens_used } = await used();
    const { headers } = await tenant.call('POST', '/v1/chat/completions', {
      model: 'sim/fast',
      max_tokens: 1,
      messages: [{ role: 'user', content: 'x' }],
    });
    expect(Number(headers.get('x-quota-remaining-tokens'))).toBeGreaterThan(1_000_000 - tokens_used - 100);
    expect(Number(headers.get('x-quota-remaining-tokens'))).toBeLessThan(1_000_000 - tokens_used);

    await admin('POST', '/admin/reconciliation', { workspace_id: tenant.workspaceId });
    const last = await until(
      'the run that was asked for',
      async () => (await admin('GET', '/admin/reconciliation')).body,
      (body) => body.quotas?.workspace_id === tenant.workspaceId,
    );
    expect(last).toMatchObject({ quotas: { workspaces: 1, drift_tokens: 0 }, estimates: { given_up: 0 } });
  });
});
