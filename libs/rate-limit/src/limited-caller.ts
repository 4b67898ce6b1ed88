/** What the limiter must know of a caller. */
export interface LimitedCaller {
  readonly workspaceId: string;
  /** The key's public id. */
  readonly keyId: string;
  readonly keyHash: string;
  readonly limits: {
    readonly requests: number;
    readonly windowSeconds: number;
    /** Tokens of the workspace per UTC day. */
    readonly dailyTokens: number;
  };
}
