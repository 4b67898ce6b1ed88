import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContextApi, startContextApi } from './context-http.harness.js';
import { until } from './store-clients.js';

let api: ContextApi;

beforeAll(async () => {
  api = await startContextApi();
});
afterAll(() => api?.close());

const call: ContextApi['call'] = (...parameters) => api.call(...parameters);

const form = { 'content-type': 'multipart/form-data; boundary=b' };

describe('the route of files', () => {
  const upload = (fields: Record<string, string | File>, headers: Record<string, string> = {}) => {
    const fieldsOf = new FormData();
    for (const [name, value] of Object.entries(fields)) fieldsOf.set(name, value);
    return api.send('/files?wait=true', fieldsOf, headers);
  };
  const page = new File(['<h1>Hinges</h1><p>Ask bob@example.com</p>'], 'hinges.html', { type: 'text/html' });

  it('takes a file as a form or as JSON, and reads it', async () => {
    const details = {
      external_id: 'hinges',
      metadata: '{"team": "doors"}',
      importance: '0.7',
      collection: 'handbook',
      pinned: 'true',
      redact: 'email',
    };
    const posted = await upload({ file: page, ...details });
    expect(posted).toMatchObject({
      status: 201,
      json: { job: { status: 'completed', redacted: { email: 1 }, file: { status: 'parsed' } } },
    });
    const [id = ''] = posted.json.items.map((item) => item.id);
    const item = await call('GET', `/items/${id}`);
    expect(item.json).toMatchObject({
      content: '# Hinges\n\nAsk [EMAIL]',
      title: 'hinges.html',
      importance: expect.closeTo(0.7) as number,
      collection: 'handbook',
      pinned: true,
      metadata: { team: 'doors', filename: 'hinges.html' },
    });
    const data = Buffer.from('# Locks').toString('base64');
    const json = { file: { filename: 'locks.md', data }, external_id: 'hinges', title: 'Locks' };
    expect(await call('POST', '/files?wait=true', json)).toMatchObject({
      status: 201,
      json: { items: [{ id }] },
    });
    expect((await call('GET', `/items/${id}`)).json).toMatchObject({ content: '# Locks', title: 'Locks' });
  });

  it('knows the repeat of a file', async () => {
    const headers = { 'idempotency-key': 'file-once' };
    const [first, second] = [await upload({ file: page }, headers), await upload({ file: page }, headers)];
    expect(second.json.job.id).toBe(first.json.job.id);
    const other = new File(['another'], 'hinges.html');
    expect((await upload({ file: other }, headers)).status).toBe(409);
  });

  it.each<[string, Record<string, string | File>, number, string | undefined]>([
    ['no file', { title: 'x' }, 400, 'file'],
    ['a text for a file', { file: 'x' }, 400, 'file'],
    ['an unknown field', { file: page, colour: 'red' }, 400, 'colour'],
    ['a field that is a file', { file: page, title: page }, 400, 'title'],
    ['metadata that is no JSON', { file: page, metadata: '{' }, 400, 'metadata'],
    ['an importance that is none', { file: page, importance: 'high' }, 400, 'importance'],
    ['a pin that is none', { file: page, pinned: 'yes' }, 400, 'pinned'],
    ['a member of every object', { file: page, constructor: 'x' }, 400, 'constructor'],
    ['a kind that is not read', { file: new File(['x'], 'a.exe') }, 415, 'file.media_type'],
  ])('refuses a form with %s', async (_what, fields, status, param) => {
    const answer = await upload(fields);
    expect({ status: answer.status, param: answer.json.error?.param }).toEqual({ status, param });
  });

  it('refuses a form that breaks off', async () => {
    const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx';
    expect((await api.send('/files', part, form)).status).toBe(400);
  });

  it.each([
    ['20 parts', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(50_000)],
    ['8192 bytes', `--b\r\n${'a: b\r\n'.repeat(500_000)}\r\n\r\n`],
  ])('refuses a form of more than %s before it reads it', async (limit, parts) => {
    expect(await api.send('/files', `${parts}--b--\r\n`, form)).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining(`more than ${limit}`) as string } },
    });
  });

  it('tries what failed again', async () => {
    const failed = await upload({ file: new File(['no pdf'], 'broken.pdf') });
    expect(failed).toMatchObject({
      status: 202,
      json: { job: { status: 'failed', errors: [{ error: 'broken.pdf: it cannot be read as PDF' }] } },
    });
    const retried = await call('POST', `/jobs/${failed.json.job.id}/retry`, {});
    expect(retried).toMatchObject({ status: 202, json: { status: 'pending', file: { status: 'pending' } } });
    await until(async () => (await call('GET', `/jobs/${failed.json.job.id}`)).json.status === 'failed');
  });

  it.each<[unknown, string]>([
    [{}, 'file'],
    [{ file: { filename: 'a.txt', data: 'no base64!' } }, 'file.data'],
    [{ file: { filename: 'a.txt', data: '' } }, 'file'],
    [{ file: { filename: 'a.txt', data: 'eA==', size: 1 } }, 'file.size'],
    [{ file: { filename: 'a.txt', data: 'eA==' }, content: 'x' }, 'content'],
  ])('refuses %j, naming %s', async (body, param) => {
    const { status, json } = await call('POST', '/files', body);
    expect({ status, param: json.error?.param }).toEqual({ status: 400, param });
  });
});
