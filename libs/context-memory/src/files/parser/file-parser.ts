import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import type { ParseAnswer, ParseRequest } from './parse-file.protocol.js';
import { FileUnreadableError, type ParsedText, type ParseLimits } from './parsed-text.js';

/** Beside this file in the built tree. Run from the sources (tests), the built child is used: build first. */
const processFile = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts')
      ? '../../../../../dist/libs/context-memory/src/files/parser/parse-file.process.js'
      : './parse-file.process.js',
    import.meta.url,
  ),
);

/** V8's own share of what the child may use; the rest is for buffers, which V8 does not count. */
const heapShare = 0.5;

/**
 * Reads each file in a process of its own that may read files but not write them, start nothing, and knows no secret: a file is a
 * program for its parser, and some are written by enemies. One that takes too long or too much memory is killed.
 */
@Injectable()
export class FileParser {
  /** @throws FileUnreadableError for a file that is broken, has no text, or is over a limit */
  async parse(file: Omit<ParseRequest, 'limits'>, limits: ParseLimits): Promise<ParsedText> {
    const { format, charset, bytes } = file;
    const child = fork(processFile, [], {
      execArgv: [
        '--permission',
        '--allow-fs-read=*',
        '--allow-worker',
        `--max-old-space-size=${Math.round(limits.memoryMb * heapShare)}`,
        '--disable-warning=SecurityWarning',
      ],
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    try {
      // A process that is gone refuses the message; what counts is that it closes.
      child.send({ format, charset, bytes, limits } satisfies ParseRequest, () => undefined);
      return await answerOf(child, limits);
    } finally {
      child.kill('SIGKILL');
    }
  }
}

function answerOf(child: ChildProcess, { timeoutMs, memoryMb }: ParseLimits): Promise<ParsedText> {
  const { promise, resolve, reject } = Promise.withResolvers<ParsedText>();
  const unreadable = (reason: string) => reject(new FileUnreadableError(reason));
  const slow = setTimeout(
    () => unreadable(`reading it takes more than ${timeoutMs / 1000} seconds`),
    timeoutMs,
  );
  child.on('message', (answer: ParseAnswer) =>
    answer.type === 'parsed' ? resolve(answer.parsed) : unreadable(answer.reason),
  );
  child.on('error', reject);
  // Not 'exit': an answer may still be on its way then.
  child.on('close', (code, signal) => {
    // Its watchdog kills it; V8 aborts when its own share is used up.
    if (signal === 'SIGKILL' || signal === 'SIGABRT' || code === 134) {
      unreadable(`reading it takes more than ${memoryMb} MB of memory`);
    } else reject(new Error(`the parser ended with ${signal ?? `code ${code}`}`));
  });
  return promise.finally(() => clearTimeout(slow));
}
