/** An item that went into a prompt, as it was then: which one and why, none of its text, so that forgetting it is whole. */
export interface ReceiptItem {
  id: string;
  /** Its number in the block, by which an answer may cite it: 2 for `[2]`. */
  citation: number;
  version: number;
  /** Of a recall; of a working set's item its value. */
  score: number;
  /** Absent for what a working set put in. */
  scores?: { dense: number; lexical: number };
  tokens: number;
  part?: { position: number; of: number; page?: number };
}

/** With the title that the item has now; null when it has none or is gone. */
export type TitledReceiptItem = ReceiptItem & { title: string | null };

/** The summary that stood in a working set's block: which one, none of its text. */
export interface ReceiptSummary {
  /** RFC 3339. */
  made_at: string;
  /** That made it. */
  model: string;
  tokens: number;
  /** The call in the ledger that paid for it. */
  usage_event_id: string;
}

/** What was recalled for one call, and why. */
export interface NewReceipt {
  /** A UUIDv7 that the caller was already told. */
  id: string;
  workspaceId: string;
  requestId: string;
  model?: string;
  session?: string;
  /** The question that was asked of memory; forgotten with the first of the items that answered it. */
  query?: string;
  tokenBudget?: number;
  /** How likely it was that memory knew something of the question, 0 to 1; absent where nobody could tell. */
  relevance?: number;
  /** Below it nothing was put in; absent when memory was not asked. */
  minRelevance?: number;
  /** Candidates by what became of them: `{fits: 3, over_budget: 1, below_top_k: 40}`. */
  decisions: Record<string, number>;
  /** The working set that was put in, the version it had, and its summary if that was put in. */
  workingSet?: { id: string; version: number; summary?: ReceiptSummary };
  /** Tokens of the block that was put in. */
  tokens: number;
  items: ReceiptItem[];
  degraded: string[];
  /** Routing attempts, as the proxy reports them. */
  attempts: unknown[];
}

/** How the call ended, from the ledger. */
export interface ReceiptOutcome {
  status: string;
  statusCode: number;
  model: string;
  promptTokens: number;
  completionTokens: number;
  contextTokens: number;
  /** US dollars as a decimal text; null when unknown. */
  cost: string | null;
  latencyMs: number;
  generationId: string | null;
  createdAt: Date;
}

/** A receipt as it is read, with what the ledger says of its call. */
export interface Receipt extends Omit<NewReceipt, 'workspaceId' | 'items' | 'workingSet'> {
  items: TitledReceiptItem[];
  /** With the name that it has now; null once it is gone. */
  workingSet?: { id: string; version: number; name: string | null; summary: ReceiptSummary | null };
  createdAt: Date;
  /** Absent until the ledger has the call. */
  outcome?: ReceiptOutcome;
}
