import { Worker } from 'node:worker_threads';
import { textOfFile } from './file-text.js';
import type { ParseAnswer, ParseRequest } from './parse-file.protocol.js';
import { FileUnreadableError } from './parsed-text.js';

/* The child process of FileParser: reads one file, and ends. */

process.on('disconnect', () => process.exit(0));

const words = {
  pdf: 'PDF',
  docx: 'DOCX',
  html: 'HTML',
  markdown: 'Markdown',
  text: 'text',
  code: 'text',
} as const;

async function answerTo(request: ParseRequest): Promise<ParseAnswer> {
  try {
    return { type: 'parsed', parsed: await textOfFile(request) };
  } catch (error) {
    // A parser's own message may quote the file, and would get into logs.
    const reason =
      error instanceof FileUnreadableError ? error.message : `it cannot be read as ${words[request.format]}`;
    return { type: 'unreadable', reason };
  }
}

process.once('message', (request: ParseRequest) => {
  const workerData = { memoryMb: request.limits.memoryMb, parent: process.ppid };
  new Worker(new URL('./watchdog.thread.js', import.meta.url), { workerData }).unref();
  void answerTo(request).then((answer) => process.send?.(answer));
});
