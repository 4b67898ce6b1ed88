/** An item that went into a prompt, as it was then: which one and why, none of its text, so that forgetting it is whole. */
export interface ReceiptItem {
  id: string;
  version: number;
  score: number;
  scores: { dense: number; lexical: number };
  tokens: number;
  part?: { position: number; of: number; page?: number };
}

/** With the title that the item has now; null when it has none or is gone. */
export type TitledReceiptItem = ReceiptItem & { title: string | null };

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
export interface Receipt extends Omit<NewReceipt, 'workspaceId' | 'items'> {
  items: TitledReceiptItem[];
  createdAt: Date;
  /** Absent until the ledger has the call. */
  outcome?: ReceiptOutcome;
}
