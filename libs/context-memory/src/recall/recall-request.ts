import { assertStorable, InvalidRequestError, type TokenEncoding } from '#common';
import { type Filter, parseFilter } from '../filter/metadata-filter.js';
import { saidHashes } from './conversation.js';
import { type ChatMessage, cutQuestion, queryFromMessages } from './query-text.js';

/** What to recall. Either a question or the conversation that raises it. */
export interface RecallRequest {
  query?: string;
  /** What the client has already: the question is taken from it, and what it says is not recalled again. */
  messages?: ChatMessage[];
  /** Items to return, 1 to 100. */
  topK?: number;
  /** Tokens of the packed block; CONTEXT_TOKEN_BUDGET when absent. */
  tokenBudget?: number;
  /** Find nothing where what is there is less likely to be of use: 0 to 1, 0 when absent. See relevance.ts. */
  minRelevance?: number;
  /** Entries of a block that the recalled ones stand behind: not given again, and numbered on from. */
  behind?: { content: string }[];
  /** Only items of this session. */
  session?: string;
  /** As it came over the wire; see parseFilter. */
  filter?: unknown;
  /** Vocabulary of the model that will read the block. */
  encoding?: TokenEncoding;
  /** Ends the recall with the signal's reason. */
  signal?: AbortSignal;
}

/** A request that was checked. */
export interface RecallPlan {
  question: string;
  messages: ChatMessage[];
  /** Content hashes of what the messages say: items that are one of them word for word. */
  said: ReadonlySet<string>;
  behind: { content: string }[];
  topK: number;
  tokenBudget: number;
  minRelevance: number;
  session: string | undefined;
  filter: Filter | undefined;
  encoding: TokenEncoding | undefined;
  signal: AbortSignal | undefined;
}

const defaultTopK = 10;

/** @throws InvalidRequestError naming the field */
export function planRecall(request: RecallRequest, defaultBudget: number): RecallPlan {
  const { query, messages, session } = request;
  if ((query === undefined) === (messages === undefined)) {
    throw new InvalidRequestError(
      'Send either query or messages',
      query === undefined ? 'query' : 'messages',
    );
  }
  if (query !== undefined) assertStorable(query, 'query');
  if (session !== undefined) assertStorable(session, 'session');
  return {
    question: query === undefined ? queryFromMessages(messages ?? []) : cutQuestion(query),
    messages: messages ?? [],
    said: saidHashes(messages ?? []),
    behind: request.behind ?? [],
    topK: request.topK ?? defaultTopK,
    tokenBudget: request.tokenBudget ?? defaultBudget,
    minRelevance: request.minRelevance ?? 0,
    session,
    filter: request.filter === undefined ? undefined : parseFilter(request.filter),
    encoding: request.encoding,
    signal: request.signal,
  };
}
