import { createServer, type ServerResponse } from 'node:http';

/** An upstream that costs next to nothing: the same answer to every call, in JSON or in events, at once. */
const head = { id: 'gen-1', created: 1_764_000_000, model: 'bench/model' };
const usage = { prompt_tokens: 1_500, completion_tokens: 50, total_tokens: 1_550, cost: 0.0001 };
const words = Array.from({ length: 50 }, (_, i) => `word${i} `);

const whole = JSON.stringify({
  ...head,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' }],
  usage,
});
const chunk = (delta: object, finish_reason: string | null = null) =>
  event({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
const events = [
  chunk({ role: 'assistant', content: '' }),
  ...words.map((content) => chunk({ content })),
  chunk({}, 'stop'),
  event({ ...head, object: 'chat.completion.chunk', choices: [], usage }),
  'data: [DONE]\n\n',
];

/** Some events a turn, as a socket brings them. */
const eventsPerWrite = 5;

function stream(response: ServerResponse, from = 0): void {
  response.write(events.slice(from, from + eventsPerWrite).join(''));
  if (from + eventsPerWrite < events.length) setImmediate(stream, response, from + eventsPerWrite);
  else response.end();
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    if (request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[{"id":"bench/model"}]}');
    } else if (Buffer.concat(pieces).includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      stream(response);
    } else {
      const length = String(Buffer.byteLength(whole));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': length }).end(whole);
    }
  });
});
server.listen(Number(process.env['PORT']), '127.0.0.1');

process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
