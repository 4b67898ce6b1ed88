/** What a statement means for the session that all connections share. */
export interface StatementTraits {
  /** It changes settings beyond its transaction: the next connection must not see that. */
  readonly changesSession: boolean;
  /** The statement's own text, when repeating it gives this connection its settings back. */
  readonly replay?: string;
  readonly listen?: string;
  /** A channel, or `*`. */
  readonly unlisten?: string;
  /** COPY … FROM STDIN: the rows follow in messages of their own. */
  readonly copyIn?: 'text' | 'binary';
}

const NOTHING: StatementTraits = { changesSession: false };
/** Statements that matter here are short; a longer head would only cost time on bulk inserts. */
const HEAD = 4_000;
const LEADING_NOISE = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;
const CHANNEL = /^(listen|unlisten)\s+(\*|"(?:[^"]|"")+"|[\w$]+)/i;
const TRANSACTION_SCOPED = /^set\s+(?:local|transaction|constraints)\b/i;
const SET_CONFIG = /\bset_config\s*\((?![^()]*,\s*true\s*\))/i;

/** Looks at the head of a query string. Only its first statement is understood; a later SET is noticed, not replayed. */
export function inspectStatement(sql: string): StatementTraits {
  const text = sql.slice(0, HEAD).replace(LEADING_NOISE, '');
  const channel = CHANNEL.exec(text);
  if (channel) {
    const [, verb = '', name = ''] = channel;
    const plain = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
    return /^u/i.test(verb)
      ? { changesSession: false, unlisten: plain }
      : { changesSession: false, listen: plain };
  }
  if (/^copy\b[\s\S]*\bfrom\s+stdin\b/i.test(text)) {
    return { changesSession: false, copyIn: /\bbinary\b/i.test(text) ? 'binary' : 'text' };
  }
  if (/^discard\s+all\b/i.test(text)) return { changesSession: true, unlisten: '*', replay: sql };
  if (/^(?:set|reset)\b/i.test(text) && !TRANSACTION_SCOPED.test(text))
    return { changesSession: true, replay: sql };
  return SET_CONFIG.test(text) || /;\s*(?:set|reset)\s/i.test(text) ? { changesSession: true } : NOTHING;
}
