import type { NewWorkingSet } from '../working-sets/define-set.js';
import type { WorkingSetDefinition } from '../working-sets/working-set.js';
import type { ExportedItem } from './exported-item.js';

/** What an item is known by where its id is not: an import gives it another one. */
export interface PinReference {
  /** Where it was exported. */
  id: string | undefined;
  externalId: string | undefined;
  /** With the collection and the content's hash, what makes a text without an external id one item. */
  session: string | undefined;
  collection: string | undefined;
  contentHash: string | undefined;
  expiresAt: Date | undefined;
}

/** The definition of a working set; what its queries found is asked anew where it comes to be. */
export interface ExportedSet extends Omit<WorkingSetDefinition, 'pinnedItems'> {
  /** Of the items that are there; a pin whose item is gone is not taken along. */
  pins: PinReference[];
}

/** A working set of an import; what is left out is as in a new one. */
export interface ImportedSet extends Omit<NewWorkingSet, 'pinnedItems'> {
  pins: PinReference[];
  /** Where it stands in the request, for errors: `line_17`. */
  path: string;
}

/** A line of an export. */
export type ExportedLine = ExportedItem | ExportedSet;

/** Which of the two a line is. */
export const isExportedSet = (line: ExportedLine): line is ExportedSet => 'pins' in line;
