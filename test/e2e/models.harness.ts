import OpenAI, { APIError } from 'openai';
import { expect, inject } from 'vitest';
import { admin, type Answer, type Tenant, until } from './tenant.js';

/** The error that a promise fails with; a promise that does not fail fails the test. */
export const failure = async (promise: Promise<unknown>): Promise<APIError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
};

/** What a client sees of the models. */
export const ids = async (client: OpenAI) =>
  (await Array.fromAsync(client.models.list())).map(({ id }) => id);

/** Another gateway than the one that the admin API is called on. */
export const elsewhere = ({ key }: Tenant) =>
  new OpenAI({ baseURL: `${inject('secondGatewayUrl')}/v1`, apiKey: key, maxRetries: 0 });

/** A target as the admin API takes it. */
export const target = (model: string, weight?: number) => ({ model, weight });

/** Makes a virtual model, and waits until both gateways know it. */
export async function putModel(owner: Tenant, name: string, body: object): Promise<Answer> {
  const answer = await admin('PUT', `/admin/workspaces/${owner.workspaceId}/models/${name}`, body);
  expect(answer.status).toBe(200);
  for (const client of [owner.openai, elsewhere(owner)])
    await until(
      'the new model',
      () => ids(client),
      (seen) => seen.includes(name),
      2_000,
    );
  return answer;
}
