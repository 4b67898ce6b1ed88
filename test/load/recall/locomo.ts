import { readFile } from 'node:fs/promises';
import type { Collection, Corpus, Posted, Question } from './collection.js';

interface Turn {
  speaker: string;
  dia_id: string;
  text: string;
  blip_caption?: string;
}

interface Sample {
  conversation: { speaker_a: string } & Record<string, string | Turn[]>;
  qa: { question: string; evidence: string[]; category: number }[];
}

/** The numbers that the data uses for them (Maharana et al. 2024, https://arxiv.org/abs/2402.17753). */
const categories = ['', 'multi-hop', 'temporal', 'open-domain', 'single-hop', 'adversarial'];
/** Conversations that the weights were chosen on. */
const development = 3;

/** LoCoMo: each conversation is a workspace, each of its sessions a session, each turn a message with its time and speaker. */
export async function readLocomo(file: string): Promise<Collection> {
  const samples: Sample[] = JSON.parse(await readFile(file, 'utf8'));
  const corpora = samples.map((sample, i): Corpus => {
    const texts = turnsOf(sample);
    const names = new Set(texts.map(({ name }) => name));
    return { split: i < development ? 'development' : 'check', texts, questions: questionsOf(sample, names) };
  });
  return { name: 'LoCoMo', corpora };
}

function turnsOf({ conversation }: Sample): Posted[] {
  const sessions = Object.entries(conversation).flatMap(([key, turns]) =>
    Array.isArray(turns) ? [{ key, turns }] : [],
  );
  return sessions.flatMap(({ key, turns }) => {
    const start = timeOf(conversation[`${key}_date_time`]);
    return turns.map(({ speaker, dia_id, text, blip_caption }, i) => ({
      name: dia_id,
      session: key,
      body: {
        role: speaker === conversation.speaker_a ? 'user' : 'assistant',
        name: speaker,
        // An image is there as its caption, as in the data's own evaluation.
        content: blip_caption === undefined ? text : `${text} [shares ${blip_caption}]`,
        created_at: new Date(start + i * 1_000).toISOString(),
      },
    }));
  });
}

/** `1:56 pm on 8 May, 2023`, in milliseconds since 1970. */
function timeOf(text: unknown): number {
  if (typeof text !== 'string') throw new Error('A session without a time');
  const [, time, half, date] = /^(\S+) (am|pm) on (.+)$/.exec(text) ?? [];
  const at = Date.parse(`${date} ${time} ${half} UTC`);
  if (Number.isNaN(at)) throw new Error(`No time that is understood: ${text}`);
  return at;
}

/** Questions with evidence that is among the turns. Some ids are joined or have odd zeros: `D8:6; D9:17`, `D30:05`, `D:11:26`. */
function questionsOf({ qa }: Sample, names: Set<string>): Question[] {
  return qa.flatMap(({ question, evidence, category }) => {
    const ids = [...evidence.join(' ').matchAll(/D:?(\d+):0*(\d+)/g)].map(([, a, b]) => `D${a}:${b}`);
    const gold = new Set(ids.filter((id) => names.has(id)));
    return gold.size === 0 ? [] : [{ text: question, category: categories[category] ?? 'other', gold }];
  });
}
