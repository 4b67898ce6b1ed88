/** A base URL as the catalogue's owner: without credentials, so that it can be stored, and without the last slash. */
export function upstreamName(baseUrl: string): string {
  const { origin, pathname } = new URL(baseUrl);
  return origin + pathname.replace(/\/+$/, '');
}
