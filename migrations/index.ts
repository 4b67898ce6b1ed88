import { Collections1764000015000 } from './1764000015000-collections.js';
import { ContextMemory1764000002000 } from './1764000002000-context-memory.js';
import { EmbeddingSpaces1764000010000 } from './1764000010000-embedding-spaces.js';
import { Limits1764000004000 } from './1764000004000-limits.js';
import { ModelCatalogue1764000006000 } from './1764000006000-model-catalogue.js';
import { RecallHealth1764000013000 } from './1764000013000-recall-health.js';
import { Reconciliation1764000005000 } from './1764000005000-reconciliation.js';
import { Forgetting1764000009000 } from './1764000009000-forgetting.js';
import { Ingestion1764000012000 } from './1764000012000-ingestion.js';
import { SetSummaries1764000016000 } from './1764000016000-set-summaries.js';
import { Terms1764000008000 } from './1764000008000-terms.js';
import { UsageEvents1764000001000 } from './1764000001000-usage-events.js';
import { UsageRollups1764000003000 } from './1764000003000-usage-rollups.js';
import { VirtualModels1764000007000 } from './1764000007000-virtual-models.js';
import { WorkingSets1764000011000 } from './1764000011000-working-sets.js';
import { WorkspacesAndKeys1764000000000 } from './1764000000000-workspaces-and-keys.js';

/** Every migration, in time order. */
export const migrations = [
  WorkspacesAndKeys1764000000000,
  UsageEvents1764000001000,
  ContextMemory1764000002000,
  UsageRollups1764000003000,
  Limits1764000004000,
  Reconciliation1764000005000,
  ModelCatalogue1764000006000,
  VirtualModels1764000007000,
  Terms1764000008000,
  Forgetting1764000009000,
  EmbeddingSpaces1764000010000,
  WorkingSets1764000011000,
  Ingestion1764000012000,
  RecallHealth1764000013000,
  Collections1764000015000,
  SetSummaries1764000016000,
];
