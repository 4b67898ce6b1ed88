import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { format, resolveConfig } from 'prettier';
import { GatewayModule } from '../apps/gateway/src/gateway.module.js';
import { describeApi } from '../apps/gateway/src/http/api-docs.js';
import { configurationTable } from './configuration-table.js';
import { dependencyDiagram } from './dependency-diagram.js';
import { missingDeployPaths } from './deploy-paths.js';
import { schemaTable } from './schema-table.js';

// Documents that are written by this program: `--check` fails when one is stale, otherwise they are written anew.
const root = join(import.meta.dirname, '../..');

async function openapi(): Promise<string> {
  // Preview: modules are read, nothing is instantiated, so no store is needed.
  const app = await NestFactory.create(GatewayModule, { preview: true, logger: false, abortOnError: false });
  return `${JSON.stringify(describeApi(app), null, 2)}\n`;
}

const documents: Record<string, () => string | Promise<string>> = {
  'docs/openapi.json': openapi,
  'docs/configuration.md': configurationTable,
  'docs/dependencies.md': dependencyDiagram,
  'docs/schema.md': schemaTable,
};

// As the format check would have them; JSON stays as it is written.
const formatted = async (file: string, text: string): Promise<string> =>
  file.endsWith('.md') ? format(text, { ...(await resolveConfig(file)), filepath: file }) : text;

const stale: string[] = [];
for (const [path, make] of Object.entries(documents)) {
  const file = join(root, path);
  const text = await formatted(file, await make());
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) stale.push(path);
}
if (stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}. Run: npm run docs`);
  process.exit(1);
}
const missing = process.argv.includes('--check') ? missingDeployPaths(root) : [];
if (missing.length > 0) {
  console.error(`Not built, but run by ${missing.join(', by ')}`);
  process.exit(1);
}
// Preview mode may keep handles open (a pool that never connected).
process.exit(0);
