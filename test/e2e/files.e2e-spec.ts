import { beforeAll, describe, expect, inject, it } from 'vitest';
import { pdfOf } from '../fixture-files/pdf.js';
import { admin, type Json, newTenant, type Tenant } from './tenant.js';

describe('an uploaded file', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant();
  });

  /** As `curl -F file=@…` sends it. */
  async function upload(
    file: File,
    fields: Record<string, string> = {},
  ): Promise<{ status: number; body: Json }> {
    const form = new FormData();
    form.set('file', file);
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const response = await fetch(`${inject('gatewayUrl')}/v1/context/files?wait=true`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key}` },
      body: form,
    });
    return { status: response.status, body: await response.json() };
  }

  it('is read by the worker, recalled by its page, and put into a chat call', async () => {
    const pages = ['The lighthouse was built in 1897.', 'Its keeper is called Marguerite.'];
    const file = new File([new Uint8Array(pdfOf(pages))], 'lighthouse.pdf', { type: 'application/pdf' });
    const { status, body } = await upload(file, { external_id: 'lighthouse' });
    expect({ status, body }).toMatchObject({ status: 201, body: { job: { status: 'completed', total: 1 } } });
    const [id] = body.job.file.item_ids;

    const recall = await tenant.call('POST', '/v1/context/recall', { query: 'Who keeps the lighthouse?' });
    const second = recall.body.items.find(({ part }: Json) => part.page === 2);
    expect(second).toMatchObject({
      id,
      title: 'lighthouse.pdf',
      content: pages[1],
      part: { position: 1, of: 2 },
    });

    const chat = await tenant.call('POST', '/v1/chat/completions', {
      model: 'demo/echo-with-context',
      messages: [{ role: 'user', content: 'Who is the keeper of the lighthouse?' }],
      context: { recall: true },
    });
    expect(JSON.stringify(chat.body)).toContain('Marguerite');
  });

  it('says why it cannot be read, and is forgotten with the rest', async () => {
    const { status, body } = await upload(new File(['not a pdf: ZEBRA-12'], 'broken.pdf'), { session: 'z' });
    expect(status).toBe(202);
    expect(body.job).toMatchObject({
      status: 'failed',
      errors: [{ error: 'broken.pdf: it cannot be read as PDF' }],
    });
    const erasure = await tenant.call('POST', '/v1/context/forget', { session: 'z' });
    expect(erasure.body).toMatchObject({ status: 'completed', counts: { items: 0, context_files: 1 } });
    const retried = await tenant.call('POST', `${body.job.status_url}/retry`);
    expect(retried).toMatchObject({ status: 202, body: { file: { status: 'deleted' } } });
  });

  it('is stored without the personal data that an operator named', async () => {
    const path = `/admin/workspaces/${tenant.workspaceId}/redaction`;
    expect((await admin('GET', path)).body).toEqual({ classes: [] });
    expect((await admin('PUT', path, { classes: ['phone', 'email'] })).body).toEqual({
      classes: ['email', 'phone'],
    });
    const { body } = await upload(new File(['Call Ada: +44 20 7946 0958'], 'note.txt'));
    expect(body.job).toMatchObject({ status: 'completed', redacted: { phone: 1 } });
    const item = await tenant.call('GET', `/v1/context/items/${body.job.file.item_ids[0]}`);
    expect(item.body.content).toBe('Call Ada: [PHONE]');
    expect((await admin('PUT', path, { classes: ['names'] })).body.error.param).toBe('classes');
    expect((await admin('GET', '/admin/workspaces/nowhere/redaction')).status).toBe(404);
  });
});
