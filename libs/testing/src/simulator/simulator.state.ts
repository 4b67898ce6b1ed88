import type { FaultBoard } from './fault-board.js';
import type { Ledger } from './ledger.js';
import type { SimulatedModel } from './model-catalogue.js';

/** What the handlers of one simulator have in common. */
export interface SimulatorState {
  models: readonly SimulatedModel[];
  faults: FaultBoard;
  ledger: Ledger;
  /** Refuses new connections for some milliseconds. */
  refuseFor: (ms: number) => void;
  /** The only key that is let in; without it any Bearer is. */
  apiKey: string | undefined;
}
