// The compiler copies only what it compiles; Lua scripts are read at run time from beside their code.
import { cpSync, globSync } from 'node:fs';
import { join } from 'node:path';

for (const file of globSync('libs/*/src/**/*.lua')) cpSync(file, join('dist', file));
