/** Names the workspace's embedder among Nest's providers: an interface has no name at run time. */
export const EMBEDDER = Symbol('Embedder');
