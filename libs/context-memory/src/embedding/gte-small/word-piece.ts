/** Longest word that is looked up; a longer one is unknown (as in the original). */
const longestWord = 100;
/** Words whose pieces are remembered: most words of a text have been seen before. */
const rememberedWords = 20_000;

/** Cc, Cf, Co and Cs, but for the three that are white space; and the replacement character. */
const invisibleCharacters = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd]/gu;
const accentMarks = /\p{Mn}/gu;
const hanCharacters =
  '\\u4e00-\\u9fff\\u3400-\\u4dbf\\uf900-\\ufaff\\u{20000}-\\u{2ceaf}\\u{2f800}-\\u{2fa1f}';
const punctuationMarks = '!-\\/:-@\\[-`{-~\\p{P}';
/** Each Han character and each punctuation mark is a word of its own. */
const wordPattern = new RegExp(
  `[${hanCharacters}${punctuationMarks}]|[^\\s${hanCharacters}${punctuationMarks}]+`,
  'gu',
);

/** Words of a text as uncased BERT sees them: no accents, no capitals, no control characters. */
export function* bertWords(text: string): Generator<string> {
  const plain = text.replace(invisibleCharacters, '').normalize('NFD').replace(accentMarks, '').toLowerCase();
  for (const [word] of plain.matchAll(wordPattern)) yield word;
}

/**
 * WordPiece of uncased BERT: words, each cut greedily into the longest pieces that the vocabulary has; `##` marks a piece
 * that continues a word. Source: https://github.com/google-research/bert/blob/master/tokenization.py
 */
export class WordPiece {
  private readonly unknown: number;
  private readonly first: number;
  private readonly last: number;
  private readonly remembered = new Map<string, number[]>();

  /** @throws Error when the vocabulary lacks `[UNK]`, `[CLS]` or `[SEP]`. */
  constructor(private readonly vocabulary: ReadonlyMap<string, number>) {
    this.unknown = this.special('[UNK]');
    this.first = this.special('[CLS]');
    this.last = this.special('[SEP]');
  }

  /** Token ids `[CLS] … [SEP]`, at most `limit` of them (≥ 2): what is beyond is left out. */
  encode(text: string, limit: number): number[] {
    const ids = [this.first];
    for (const word of bertWords(text)) {
      ids.push(...this.pieces(word));
      if (ids.length >= limit) break;
    }
    ids.length = Math.min(ids.length, limit - 1);
    ids.push(this.last);
    return ids;
  }

  private pieces(word: string): number[] {
    const known = this.remembered.get(word);
    if (known) return known;
    if (this.remembered.size >= rememberedWords) this.remembered.clear();
    const found = this.cut(word) ?? [this.unknown];
    this.remembered.set(word, found);
    return found;
  }

  /** Undefined when some part of the word is in no piece of the vocabulary. */
  private cut(word: string): number[] | undefined {
    const characters = Array.from(word);
    if (characters.length > longestWord) return undefined;
    const ids: number[] = [];
    for (let start = 0; start < characters.length;) {
      const longest = this.longestPiece(characters, start);
      if (!longest) return undefined;
      ids.push(longest.id);
      start = longest.end;
    }
    return ids;
  }

  private longestPiece(characters: string[], start: number): { id: number; end: number } | undefined {
    for (let end = characters.length; end > start; end -= 1) {
      const piece = characters.slice(start, end).join('');
      const id = this.vocabulary.get(start === 0 ? piece : `##${piece}`);
      if (id !== undefined) return { id, end };
    }
    return undefined;
  }

  private special(token: string): number {
    const id = this.vocabulary.get(token);
    if (id === undefined) throw new Error(`the vocabulary has no ${token}`);
    return id;
  }
}

/**
 * The vocabulary in a Hugging Face `tokenizer.json`. Its settings for truncation and padding (to 128 in this model's file)
 * are left aside: they are choices of whoever exported it.
 *
 * @throws Error when there is none.
 */
export function readVocabulary(tokenizerJson: string): Map<string, number> {
  const parsed: { model?: { vocab?: Record<string, number> } } = JSON.parse(tokenizerJson);
  if (!parsed.model?.vocab) throw new Error('tokenizer.json has no vocabulary');
  return new Map(Object.entries(parsed.model.vocab));
}
