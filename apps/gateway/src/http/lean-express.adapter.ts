import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express } from 'express';

/**
 * Nest on Express without Express's slowest habit: it sets the prototype of every request and response anew, which throws
 * V8 off its fast objects (expressjs/express#5998). Here the server makes them with that prototype from the start, so the
 * call finds nothing to change. Nothing else differs.
 */
export class LeanExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const app: Express = this.getInstance();
    this.httpServer = createServer(
      {
        IncomingMessage: bornWith(app.request, IncomingMessage),
        ServerResponse: bornWith(app.response, ServerResponse),
      },
      app,
    );
  }
}

/** The constructor, but for objects whose prototype is `prototype` (which inherits from the constructor's own). */
function bornWith<Constructor extends typeof IncomingMessage | typeof ServerResponse>(
  prototype: object,
  constructor: Constructor,
): Constructor {
  function Born(...args: unknown[]): object {
    return Reflect.construct(constructor, args, Born);
  }
  Born.prototype = prototype;
  // It behaves like the constructor; the type system has no word for a function that is `new`ed.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Born as unknown as Constructor;
}
