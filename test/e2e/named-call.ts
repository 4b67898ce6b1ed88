/** An answer with its bytes. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
}

interface NamedCall {
  /** The tenant's. */
  apiKey: string;
  idempotencyKey: string;
  body: object;
  headers?: Record<string, string>;
}

/** One POST under an Idempotency-Key. */
export async function postNamed(url: string, call: NamedCall): Promise<RawAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${call.apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': call.idempotencyKey,
      ...call.headers,
    },
    body: JSON.stringify(call.body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export const isReplayed = ({ headers }: RawAnswer): boolean => headers.get('idempotent-replayed') === 'true';
