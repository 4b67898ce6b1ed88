import { beforeAll, describe, expect, it } from 'vitest';
import { putModel, target } from './models.harness.js';
import { admin, newTenant, type Tenant } from './tenant.js';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await newTenant();
});

describe('the admin API of virtual models', () => {
  const path = (rest = '') => `/admin/workspaces/${tenant.workspaceId}/models${rest}`;

  it('makes, shows and lists, with slashes in names', async () => {
    await putModel(tenant, 'shown/one', { targets: [target('sim/fast')] });
    const shown = {
      object: 'virtual_model',
      name: 'shown/one',
      workspace_id: tenant.workspaceId,
      strategy: 'ordered',
      targets: [{ model: 'sim/fast', weight: null }],
    };
    expect((await admin('GET', path('/shown/one'))).body).toMatchObject(shown);
    expect((await admin('GET', path('/shown%2Fone'))).body).toMatchObject(shown);
    const list = await admin('GET', path('?limit=100'));
    expect(list.body).toMatchObject({ object: 'list', has_more: false, next_cursor: null });
    expect(list.body.data).toContainEqual(expect.objectContaining(shown));
    expect((await admin('DELETE', path('/shown/one'))).body).toMatchObject(shown);
    expect((await admin('DELETE', path('/shown/one'))).status).toBe(404);
  });

  it.each<[string, unknown, string | null]>([
    ['new', { targets: [] }, 'targets'],
    ['new', {}, 'targets'],
    ['new', { targets: [{ model: 'a b' }] }, 'targets[0].model'],
    ['new', { targets: [{ model: 'a', weight: -1 }] }, 'targets[0].weight'],
    ['new', { targets: [{ model: 'a', weight: 1 }] }, 'targets[0].weight'],
    ['new', { strategy: 'weighted', targets: [{ model: 'a' }] }, 'targets[0].weight'],
    ['new', { strategy: 'random', targets: [{ model: 'a' }] }, 'strategy'],
    ['new', { targets: [{ model: 'a', colour: 'red' }] }, 'targets[0].colour'],
    ['new', { targets: ['a'] }, 'targets[0]'],
    ['new', { targets: [{ model: 'base' }] }, 'targets[0].model'],
    ['sim/fast', { targets: [{ model: 'x/y' }] }, 'name'],
    ['%00', { targets: [{ model: 'x/y' }] }, 'name'],
    ['a%20b', { targets: [{ model: 'x/y' }] }, 'name'],
    ['new', '[]', 'body'],
  ])('refuses %s: %j, naming %s', async (name, body, param) => {
    await putModel(tenant, 'base', { targets: [target('sim/fast')] });
    expect(await admin('PUT', path(`/${name}`), body)).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', param } },
    });
  });

  it('says 400 and 404 where they belong', async () => {
    for (const bad of ['/%00', '/nothing']) expect((await admin('GET', path(bad))).status).toBe(404);
    expect(await admin('GET', path('?cursor=%00'))).toMatchObject({ body: { error: { param: 'cursor' } } });
    expect((await admin('GET', '/admin/workspaces/nonsense/models')).status).toBe(404);
    for (const body of [{}, { model: '' }, { model: 7 }])
      expect(await admin('PUT', path().replace('models', 'default-model'), body)).toMatchObject({
        status: 400,
        body: { error: { param: 'model' } },
      });
  });
});
