import { Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { OpenRouterModule } from '#openrouter';
import { embedderMakerProvider, embedderProvider } from './embedding/embedder.provider.js';
import { Embedders } from './embedding/embedders.js';
import { ErasureRepository } from './forget/erasure.repository.js';
import { FileRepository } from './files/file.repository.js';
import { FileService } from './files/file.service.js';
import { ParseService } from './files/parse.service.js';
import { FileParser } from './files/parser/file-parser.js';
import { ForgetRepository } from './forget/forget.repository.js';
import { ForgetService } from './forget/forget.service.js';
import { RecallHealthRepository } from './health/recall-health.repository.js';
import { RecallHealthService } from './health/recall-health.service.js';
import { RecallProbeService } from './health/recall-probe.service.js';
import { EmbedRepository } from './indexing/embed.repository.js';
import { EmbedService } from './indexing/embed.service.js';
import { FairEmbedService } from './indexing/fair-embed.service.js';
import { SweepRepository } from './indexing/sweep.repository.js';
import { SweepService } from './indexing/sweep.service.js';
import { TermCountRepository } from './indexing/term-count.repository.js';
import { TurnRepository } from './indexing/turn.repository.js';
import { VectorIndexRepository } from './indexing/vector-index.repository.js';
import { VectorIndexService } from './indexing/vector-index.service.js';
import { IngestRepository } from './ingest/ingest.repository.js';
import { IngestService } from './ingest/ingest.service.js';
import { TextWriter } from './ingest/text-writer.js';
import { GroupRepository } from './items/group.repository.js';
import { ItemChangeRepository } from './items/item-change.repository.js';
import { ItemRepository } from './items/item.repository.js';
import { ItemService } from './items/item.service.js';
import { JobOpener } from './jobs/job-opener.js';
import { JobRepository } from './jobs/job.repository.js';
import { JobService } from './jobs/job.service.js';
import { CandidateSearch } from './recall/candidate-search.js';
import { CandidatesRepository } from './recall/candidates.repository.js';
import { QuestionEmbedder } from './recall/question-embedder.js';
import { RecallService } from './recall/recall.service.js';
import { RecalledRowsRepository } from './recall/recalled-rows.repository.js';
import { TermRepository } from './recall/term.repository.js';
import { WorkspaceSize } from './recall/workspace-size.js';
import { ReceiptRepository } from './receipts/receipt.repository.js';
import { ReceiptService } from './receipts/receipt.service.js';
import { ReceiptWriter } from './receipts/receipt-writer.js';
import { EmbeddingSpaceRepository } from './spaces/embedding-space.repository.js';
import { EmbeddingSpaceService } from './spaces/embedding-space.service.js';
import { EmbeddingSpaces } from './spaces/embedding-spaces.js';
import { FillRepository } from './spaces/fill.repository.js';
import { FillService } from './spaces/fill.service.js';
import { RemovalRepository } from './spaces/removal.repository.js';
import { RemovalService } from './spaces/removal.service.js';
import { VectorRepository } from './spaces/vector.repository.js';
import { RedactionRepository } from './redaction/redaction.repository.js';
import { RedactionService } from './redaction/redaction.service.js';
import { ExportRepository } from './transfer/export.repository.js';
import { ExportService } from './transfer/export.service.js';
import { ImportService } from './transfer/import.service.js';
import { PinRepository } from './transfer/pin.repository.js';
import { SetImporter } from './transfer/set-importer.js';
import { WantedPartRepository } from './working-sets/wanted-part.repository.js';
import { ChangeRepository } from './working-sets/change.repository.js';
import { SetSummaryRepository } from './working-sets/set-summary.repository.js';
import { SetSummaryService } from './working-sets/set-summary.service.js';
import { WorkingSetRefresher } from './working-sets/working-set-refresher.js';
import { WorkingSetRepository } from './working-sets/working-set.repository.js';
import { WorkingSetService } from './working-sets/working-set.service.js';

const services = [
  IngestService,
  FileService,
  ParseService,
  RedactionService,
  ItemService,
  JobService,
  RecallService,
  ReceiptService,
  ReceiptWriter,
  ForgetService,
  ExportService,
  ImportService,
  WorkingSetService,
  WorkingSetRefresher,
  SetSummaryService,
  FairEmbedService,
  EmbeddingSpaceService,
  FillService,
  SweepService,
  RecallHealthService,
  RecallProbeService,
];

/** Memory: what goes in, what is recalled, and the work in between. */
@Module({
  imports: [OpenRouterModule],
  providers: [
    embedderMakerProvider,
    embedderProvider,
    Embedders,
    EmbeddingSpaceRepository,
    EmbeddingSpaces,
    FillRepository,
    VectorRepository,
    RemovalRepository,
    RemovalService,
    IngestRepository,
    ItemRepository,
    GroupRepository,
    ItemChangeRepository,
    TextWriter,
    JobRepository,
    JobOpener,
    FileRepository,
    FileParser,
    RedactionRepository,
    EmbedRepository,
    EmbedService,
    TurnRepository,
    SweepRepository,
    TermCountRepository,
    VectorIndexRepository,
    VectorIndexService,
    QuestionEmbedder,
    TermRepository,
    CandidatesRepository,
    CandidateSearch,
    RecalledRowsRepository,
    WorkspaceSize,
    ReceiptRepository,
    ForgetRepository,
    ErasureRepository,
    ExportRepository,
    PinRepository,
    SetImporter,
    RecallHealthRepository,
    WorkingSetRepository,
    WantedPartRepository,
    ChangeRepository,
    SetSummaryRepository,
    ...services,
  ],
  exports: services,
})
export class ContextMemoryModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private closing = false;

  constructor(
    private readonly embedders: Embedders,
    private readonly spaces: EmbeddingSpaces,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ContextMemoryModule.name);
  }

  /** Not awaited: the first start of the local model takes seconds, and until then recall goes by words. */
  onApplicationBootstrap(): void {
    this.spaces.active().catch((error: unknown) => {
      // A close ends what is under way: no news.
      if (this.closing) return;
      this.logger.warn({ exception: String(error) }, 'embedding_spaces_not_read');
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.closing = true;
    await this.embedders.close();
  }
}
