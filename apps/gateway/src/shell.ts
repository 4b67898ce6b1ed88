import '#common/require-node';

const { createInterface } = await import('node:readline');
const { Readable } = await import('node:stream');
const { Logger } = await import('@nestjs/common');
const { repl } = await import('@nestjs/core');
const { GatewayModule } = await import('./gateway.module.js');

let onPrompt = (): void => {};

/** Piped lines, each when the prompt is back: Node's REPL waits for an `await` at a terminal only. */
async function* pipedLines(): AsyncGenerator<string> {
  for await (const line of createInterface({ input: process.stdin })) {
    const prompted = new Promise<void>((resolve) => (onPrompt = resolve));
    yield `${line}\n`;
    await prompted;
  }
}

// `./scripts/dev.sh shell app`: a REPL inside the application.
console.log(
  'get(RecallService) is the service; methods(RecallService), debug() and help() tell more; .exit leaves',
);
// Nest's account of its own boot is for a boot that fails.
Logger.attachBuffer();
try {
  const piped = { input: Readable.from(pipedLines()), output: process.stdout, terminal: false, prompt: '' };
  const server = await repl(GatewayModule, process.stdin.isTTY ? {} : piped);
  const displayPrompt = server.displayPrompt.bind(server);
  server.displayPrompt = (preserveCursor) => {
    displayPrompt(preserveCursor);
    onPrompt();
  };
} catch (error) {
  Logger.flush();
  throw error;
}
Logger.detachBuffer();
