import { readdir } from 'node:fs/promises';
import { prepareModelFiles } from './gte-small/model-files.js';

/**
 * Prepares the local model's files in the folder of its argument (default `.data/models`), so that an image carries them
 * and no process converts them at its start.
 */
const folder = process.argv[2] ?? '.data/models';
await prepareModelFiles(folder);
// A folder that cannot be written costs a running process its cache only; here it is all that was wanted.
const files = await readdir(folder);
if (files.length === 0) throw new Error(`nothing was written to ${folder}`);
console.log(`${folder}: ${files.join(', ')}`);
