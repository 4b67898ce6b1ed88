/** A server that runs in a child process of ours. */
export interface ServedStore {
  readonly port: number;
  close(): Promise<void>;
}

/** What a child tells its parent over IPC, once. */
export type ChildReport = { readonly port: number } | { readonly error: string };

/**
 * The life of a store's process: opens the store, reports its port (or why not) over IPC, and closes it on SIGTERM or when
 * the parent is gone, however that went. Ctrl-C in a terminal reaches the whole group: the parent decides, not SIGINT.
 */
export async function serveParent(open: () => Promise<ServedStore>): Promise<void> {
  let store: ServedStore | undefined;
  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) return;
    ending = true;
    await store?.close().catch((error: unknown) => console.error(error));
    process.exit(0);
  };
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => {});
  process.on('disconnect', () => void end());
  try {
    store = await open();
    report({ port: store.port }, () => {});
  } catch (error) {
    console.error(error);
    report({ error: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
  }
}

function report(message: ChildReport, sent: () => void): void {
  if (process.send) {
    process.send(message, sent);
    return;
  }
  // Without a parent (started by hand) there is nobody to tell but the terminal.
  console.log(JSON.stringify(message));
  sent();
}
