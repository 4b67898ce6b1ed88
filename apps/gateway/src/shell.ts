import '#common/require-node';

const { repl } = await import('@nestjs/core');
const { GatewayModule } = await import('./gateway.module.js');

// `./scripts/dev.sh shell app`: a REPL inside the application. `get(RecallService)`, `methods(Database)`, `help()`.
await repl(GatewayModule);
