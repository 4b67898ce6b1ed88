import { newId } from '#common';
import type { NewItem } from './new-item.js';
import { type PreparedText, prepareText } from './prepare-text.js';

/** A posted text, ready to be written: its rows, and the key that makes it the same item as an earlier one. */
export interface PreparedItem {
  /** Used if no item has this key yet. */
  id: string;
  item: NewItem;
  text: PreparedText;
  createdAt: Date;
  /** Two posts with one key are one item: the external id, else session, collection and content. */
  key: string;
}

/** Splits and hashes a checked text. @param now its time, if it names none */
export function prepareItem(item: NewItem, now: Date): PreparedItem {
  const text = prepareText(item, now);
  return {
    id: newId(),
    item,
    text,
    createdAt: item.createdAt ?? now,
    key: itemKey({
      externalId: item.externalId ?? null,
      session: item.session ?? null,
      collection: item.collection ?? null,
      contentHash: text.contentHash,
    }),
  };
}

/** What makes items the same. */
interface Identity {
  externalId: string | null;
  session: string | null;
  collection: string | null;
  contentHash: string;
}

/** JSON, so that no session's name can be taken for another's with a hash behind it. */
export const itemKey = ({ externalId, session, collection, contentHash }: Identity): string =>
  JSON.stringify(externalId === null ? [session ?? '', collection ?? '', contentHash] : [externalId]);
