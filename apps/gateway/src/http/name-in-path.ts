/** A name that may hold slashes, from a route that ends in a wildcard: its segments, each decoded, or the one there is. */
export const nameInPath = (path: string | readonly string[]): string =>
  typeof path === 'string' ? path : path.join('/');
