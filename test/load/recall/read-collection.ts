import { stat } from 'node:fs/promises';
import type { Collection } from './collection.js';
import { readCranfield } from './cranfield.js';
import { readLocomo } from './locomo.js';

/** A folder is Cranfield, a file LoCoMo. */
export async function readCollection(path: string): Promise<Collection> {
  return (await stat(path)).isDirectory() ? readCranfield(path) : readLocomo(path);
}
