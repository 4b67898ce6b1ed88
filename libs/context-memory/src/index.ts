export { ContextMemoryModule } from './context-memory.module.js';
export { EmbeddingUnavailableError, WorkingSetNotFoundError } from './context-memory.errors.js';
export type { Embedder, EmbeddingSpace } from './embedding/embedder.port.js';
export { EMBEDDER, EMBEDDER_MAKER, type EmbedderMaker } from './embedding/embedder.token.js';
export { localSpace } from './embedding/local-embedder.js';
export { EmbedService } from './indexing/embed.service.js';
export { FairEmbedService } from './indexing/fair-embed.service.js';
export { SweepService } from './indexing/sweep.service.js';
export { fileFormats } from './files/file-format.js';
export { FileService } from './files/file.service.js';
export type { FileStatus } from './files/file-state.js';
export { ParseService } from './files/parse.service.js';
export type { PostedFile } from './files/posted-file.js';
export { IngestService, type IngestOptions, type IngestResult } from './ingest/ingest.service.js';
export type { Metadata, NewItem } from './ingest/new-item.js';
export { textFormats, type TextFormat } from './ingest/text-format.js';
export { turnItem, type Turn } from './ingest/turn-item.js';
export type { ContextItem } from './items/context-item.js';
export { readGroupCursor } from './items/group-cursor.js';
export type { ItemGroup } from './items/group.repository.js';
export type { ItemQuery } from './items/item.repository.js';
export { ItemService, type ItemPatch } from './items/item.service.js';
export { readCursor } from './items/page-cursor.js';
export type { ContextJob } from './jobs/context-job.js';
export { JobService } from './jobs/job.service.js';
export type { ItemSelection } from './filter/item-selection.js';
export { parseFilter } from './filter/metadata-filter.js';
export type { Erasure, ErasurePreview } from './forget/erasure.js';
export type { ForgetRequest } from './forget/forget-request.js';
export { type Forgetter, ForgetService } from './forget/forget.service.js';
export type { RecallHealth } from './health/recall-health.js';
export { RecallHealthService } from './health/recall-health.service.js';
export { RecallProbeService } from './health/recall-probe.service.js';
export { citationNumber } from './packing/citation-number.js';
export { renderContextBlock } from './packing/fence.js';
export type { RecalledItem } from './recall/candidate.js';
export { queryFromMessages, type ChatMessage } from './recall/query-text.js';
export type { RecallRequest } from './recall/recall-request.js';
export type { RecallResult } from './recall/recall-result.js';
export { RecallService } from './recall/recall.service.js';
export type {
  NewReceipt,
  Receipt,
  ReceiptItem,
  ReceiptSummary,
  TitledReceiptItem,
} from './receipts/receipt.js';
export { ReceiptService } from './receipts/receipt.service.js';
export { piiClasses, type PiiClass } from './redaction/pii-class.js';
export { RedactionService } from './redaction/redaction.service.js';
export type { ExportedItem } from './transfer/exported-item.js';
export {
  type ExportedLine,
  type ExportedSet,
  type ImportedSet,
  isExportedSet,
  type PinReference,
} from './transfer/exported-set.js';
export { EmbeddingSpaceService, type SpaceWithProgress } from './spaces/embedding-space.service.js';
export { FillService } from './spaces/fill.service.js';
export { type SpaceStatus, spaceStatuses } from './spaces/stored-space.js';
export { ExportService } from './transfer/export.service.js';
export { type Import, type ImportResult, ImportService } from './transfer/import.service.js';
export type { RenderedSet, WorkingSetBlock } from './working-sets/rendered-set.js';
export type { SummaryTask } from './working-sets/set-summary.js';
export { SetSummaryService } from './working-sets/set-summary.service.js';
export type {
  SavedQuery,
  SummaryWish,
  WorkingSet,
  WorkingSetDefinition,
} from './working-sets/working-set.js';
export { WorkingSetRefresher } from './working-sets/working-set-refresher.js';
export type { NewWorkingSet } from './working-sets/define-set.js';
export { WorkingSetService } from './working-sets/working-set.service.js';
