/** One text as it is posted, with the name that judgements know it by. */
export interface Posted {
  name: string;
  /** The session it is posted in, for a turn. */
  session?: string;
  /** A message of the session, or an item. */
  body: Record<string, unknown>;
}

/** A question with the names of the texts that answer it. */
export interface Question {
  text: string;
  category: string;
  gold: Set<string>;
}

/** Texts that belong into one workspace, and what is asked of it. */
export interface Corpus {
  /** Which part of the data it is: the weights were chosen on `development` and are looked at on `check`. */
  split: 'development' | 'check' | 'all';
  texts: Posted[];
  questions: Question[];
}

/** A data set, read from its own files. */
export interface Collection {
  name: string;
  corpora: Corpus[];
}
