import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startProduct } from '../../e2e/product.js';
import { startStores } from '../../running-stores.js';
import { clientWith, newWorkspace } from '../gateway-client.js';
import type { Collection, Question } from '../recall/collection.js';
import { readCollection } from '../recall/read-collection.js';
import { storeCorpus } from '../recall/store-corpus.js';
import { askAll, type Asked } from './ask.js';
import { everydayQuestions } from './everyday-questions.js';
import { fitCalibration } from './fit.js';
import { teamNotes } from './notes.js';
import { isTelling, report } from './report.js';

/** Hundreds of questions in a row are no misuse here. */
const env = {
  RATE_LIMIT_REQUESTS: '1000000',
  LOG_LEVEL: 'warn',
  MODELS_DIR: join(process.cwd(), '.data/models'),
};

const everyday = everydayQuestions.map((text) => ({ text, category: 'everyday', gold: new Set<string>() }));

/** So many of the questions, spread over all of them. */
const some = (questions: Question[], count: number): Question[] => {
  const step = Math.max(1, questions.length / count);
  return Array.from(
    { length: Math.min(count, questions.length) },
    (_, i) => questions[Math.floor(i * step)] ?? [],
  ).flat();
};

/** Stores every corpus in a workspace of its own, and asks it its own questions, those of the next one, and everyday ones. */
async function askCollection(url: string, { name, corpora }: Collection, count: number): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const [i, corpus] of corpora.entries()) {
    const { key } = await newWorkspace(url, `${name} ${i + 1}`);
    const client = clientWith(url, key);
    const stored = await storeCorpus(client, corpus);
    const next = corpora[(i + 1) % corpora.length];
    const others = next === corpus ? (teamNotes.corpora[0]?.questions ?? []) : (next?.questions ?? []);
    const setting = { collection: name, split: corpus.split };
    asked.push(
      ...(await askAll(client, { ...setting, kind: 'own' }, some(corpus.questions, count), stored)),
      ...(await askAll(client, { ...setting, kind: 'other' }, some(others, count), stored)),
      ...(await askAll(client, { ...setting, kind: 'everyday' }, everyday, stored)),
    );
    console.error(`${name} ${i + 1} of ${corpora.length}: ${stored.size} texts stored, questions asked`);
  }
  return asked;
}

/** Prints how often recall is silent where it should speak, and speaks where it should be silent. */
async function run(paths: string[], count: number): Promise<void> {
  const collections = [teamNotes, ...(await Promise.all(paths.map(readCollection)))];
  const stores = await startStores();
  try {
    const { databaseUrl, redisUrl } = stores;
    const product = await startProduct({ databaseUrl, redisUrl, gateways: 1, env });
    try {
      const asked: Asked[] = [];
      for (const collection of collections) {
        asked.push(...(await askCollection(product.gateways[0]?.url ?? '', collection, count)));
      }
      const calibration = fitCalibration(
        asked.filter((one) => one.split === 'development' && isTelling(one)),
      );
      console.log(`Fitted on development: ${JSON.stringify(calibration)}\n\n${report(asked, calibration)}`);
    } finally {
      await product.stop();
    }
  } finally {
    await stores.stop();
  }
}

const { values } = parseArgs({
  options: {
    data: { type: 'string', multiple: true, default: [] },
    questions: { type: 'string', default: '80' },
  },
});
await run(values.data, Number(values.questions));
