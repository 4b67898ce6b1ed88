import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Collection, Posted } from './collection.js';

/** Fields of one record: `.T` title, `.W` text. */
type Fields = Record<string, string>;

/** Cranfield 1400: abstracts of aerodynamics, 225 questions, judgements by experts. One workspace. */
export async function readCranfield(directory: string): Promise<Collection> {
  // Copies of the collection differ in how their lines end.
  const read = async (file: string) =>
    (await readFile(join(directory, file), 'latin1')).replaceAll('\r\n', '\n');
  const documents = recordsOf(await read('cran.all.1400'));
  const gold = goldOf(await read('cranqrel'));
  const texts = documents.flatMap(({ T = '', W = '' }, i): Posted[] => {
    const name = String(i + 1);
    // One of the documents is empty.
    return W === '' ? [] : [{ name, body: { title: T.slice(0, 500), content: W, external_id: name } }];
  });
  const questions = recordsOf(await read('cran.qry')).flatMap(({ W = '' }, i) => {
    // Judgements number the questions by their place in the file, not by their ids.
    const answers = gold.get(String(i + 1));
    return answers ? [{ text: W, category: 'all', gold: answers }] : [];
  });
  return { name: 'Cranfield', corpora: [{ split: 'all', texts, questions }] };
}

function recordsOf(file: string): Fields[] {
  const records = file.split(/^\.I .*\n/m).slice(1);
  return records.map((record) =>
    Object.fromEntries(
      record
        .split(/^\.(?=[TABW]\n)/m)
        .map((field) => [field.slice(0, 1), field.slice(2).replace(/\s+/g, ' ').trim()]),
    ),
  );
}

/** Question → documents that were judged of some use (grades 1 to 4; -1 marks a row that is no judgement). */
function goldOf(file: string): Map<string, Set<string>> {
  const gold = new Map<string, Set<string>>();
  for (const line of file.trim().split('\n')) {
    const [question = '', document = '', grade = ''] = line.trim().split(/\s+/);
    if (Number(grade) < 1) continue;
    gold.set(question, (gold.get(question) ?? new Set()).add(document));
  }
  return gold;
}
