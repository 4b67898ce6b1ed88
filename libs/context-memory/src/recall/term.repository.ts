import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import type { CountedTerm } from './asked-terms.js';
import type { Corpus } from './bm25.js';

/** How often an item has each of a question's terms. */
export interface TermFrequencies {
  /** Of the item, in words. */
  length: number;
  /** In the order of the terms asked for; 0 where the item lacks one. */
  frequencies: number[];
}

interface Row {
  item_id: string;
  place: number;
  frequency: number;
  length: number;
}

/** So many postings are read in the time that one is looked up in. */
const postingsPerLookUp = 10;

/** Reads the table of terms, which triggers on context_items write. */
@Injectable()
export class TermRepository {
  /** The terms of a question, each with the number of items that have it, and the size of the workspace. */
  async count(scope: WorkspaceScope, question: string): Promise<{ terms: CountedTerm[]; corpus: Corpus }> {
    const rows = await scope.query<{ term: string; exact: boolean; items: number; frequency: number }>(
      `SELECT term, exact, counted.items, counted.frequency
       FROM (SELECT term, exact FROM context_question_terms($2) UNION ALL SELECT '', false) AS asked,
       LATERAL (
         SELECT coalesce(sum(items), 0)::double precision AS items, coalesce(sum(frequency), 0)::double precision AS frequency
         FROM (
           SELECT items, frequency FROM context_term_counts WHERE workspace_id = $1 AND term = asked.term
           UNION ALL
           SELECT items, frequency FROM context_term_changes WHERE workspace_id = $1 AND term = asked.term
         ) AS changes
       ) AS counted`,
      [scope.workspaceId, question],
    );
    const whole = rows.find(({ term }) => term === '');
    return {
      corpus: { items: whole?.items ?? 0, length: whole?.frequency ?? 0 },
      terms: rows.filter(({ term }) => term !== ''),
    };
  }

  /**
   * How often these items have these terms, by item; items that have none are left out. A term that few items have is read whole,
   * others are looked up item by item.
   */
  async frequencies(
    scope: WorkspaceScope,
    terms: Pick<CountedTerm, 'term' | 'items'>[],
    itemIds: string[],
  ): Promise<Map<string, TermFrequencies>> {
    const asked = terms.map(({ term, items }, place) => ({ term, items, place }));
    const isRare = ({ items }: { items: number }) => items <= itemIds.length * postingsPerLookUp;
    const [rare, common] = [asked.filter(isRare), asked.filter((term) => !isRare(term))];
    const posting = `SELECT item_id, frequency, length FROM context_terms WHERE workspace_id = $1 AND term = asked.term`;
    const rows = await scope.query<Row>(
      `SELECT item_id, place, frequency, length FROM unnest($2::text[], $3::integer[]) AS asked (term, place),
         LATERAL (${posting} OFFSET 0) AS posting WHERE item_id IN (SELECT unnest($6::uuid[]))
       UNION ALL
       SELECT item_id, place, frequency, length FROM unnest($4::text[], $5::integer[]) AS asked (term, place),
         unnest($6::uuid[]) AS wanted (id), LATERAL (${posting} AND item_id = wanted.id OFFSET 0) AS posting`,
      [
        scope.workspaceId,
        ...[rare, common].flatMap((some) => [some.map(({ term }) => term), some.map(({ place }) => place)]),
        itemIds.toSorted(),
      ],
    );
    const found = new Map<string, TermFrequencies>();
    for (const { item_id: id, place, frequency, length } of rows) {
      const one = found.get(id) ?? { length, frequencies: terms.map(() => 0) };
      one.frequencies[place] = frequency;
      found.set(id, one);
    }
    return found;
  }
}
