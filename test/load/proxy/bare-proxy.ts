import { Agent, createServer, request } from 'node:http';

/** What everything is measured by: the least that a proxy can do with node:http. `UPSTREAM` is an origin. */
const upstream = new URL(process.env['UPSTREAM'] ?? '');
const agent = new Agent({ keepAlive: true });

const server = createServer((incoming, outgoing) => {
  const onward = request(
    {
      agent,
      host: upstream.hostname,
      port: upstream.port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    },
  );
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
});
// A kept connection is not closed between two rounds, in the moment of the next call.
server.keepAliveTimeout = 0;
server.listen(Number(process.env['PORT']), '127.0.0.1');

process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
