import { Inject, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { OpenRouterModule } from '#openrouter';
import { EMBEDDER } from './embedding/embedder.token.js';
import { embedderProvider } from './embedding/embedder.provider.js';
import type { Embedder } from './embedding/embedder.port.js';
import { ErasureRepository } from './forget/erasure.repository.js';
import { FileRepository } from './files/file.repository.js';
import { FileService } from './files/file.service.js';
import { ParseService } from './files/parse.service.js';
import { FileParser } from './files/parser/file-parser.js';
import { ForgetRepository } from './forget/forget.repository.js';
import { ForgetService } from './forget/forget.service.js';
import { EmbedRepository } from './indexing/embed.repository.js';
import { EmbedService } from './indexing/embed.service.js';
import { EmbeddingSpaceRepository } from './indexing/embedding-space.repository.js';
import { SweepRepository } from './indexing/sweep.repository.js';
import { SweepService } from './indexing/sweep.service.js';
import { TermCountRepository } from './indexing/term-count.repository.js';
import { VectorIndexRepository } from './indexing/vector-index.repository.js';
import { VectorIndexService } from './indexing/vector-index.service.js';
import { IngestRepository } from './ingest/ingest.repository.js';
import { IngestService } from './ingest/ingest.service.js';
import { TextWriter } from './ingest/text-writer.js';
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
import { RedactionRepository } from './redaction/redaction.repository.js';
import { RedactionService } from './redaction/redaction.service.js';
import { ExportRepository } from './transfer/export.repository.js';
import { ExportService } from './transfer/export.service.js';
import { ImportService } from './transfer/import.service.js';

const services = [
  IngestService,
  FileService,
  ParseService,
  RedactionService,
  ItemService,
  JobService,
  RecallService,
  ReceiptService,
  ForgetService,
  ExportService,
  ImportService,
  EmbedService,
  SweepService,
];

/** Memory: what goes in, what is recalled, and the work in between. */
@Module({
  imports: [OpenRouterModule],
  providers: [
    embedderProvider,
    EmbeddingSpaceRepository,
    IngestRepository,
    ItemRepository,
    ItemChangeRepository,
    TextWriter,
    JobRepository,
    JobOpener,
    FileRepository,
    FileParser,
    RedactionRepository,
    EmbedRepository,
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
    ...services,
  ],
  exports: services,
})
export class ContextMemoryModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private closing = false;

  constructor(
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ContextMemoryModule.name);
  }

  /** Not awaited: the first start of the local model takes seconds, and until then recall goes by words. */
  onApplicationBootstrap(): void {
    this.embedder.start().catch((error: unknown) => {
      // A close ends a start that is under way: no news.
      if (this.closing) return;
      this.logger.warn({ exception: String(error) }, 'embedder_not_started');
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.closing = true;
    await this.embedder.close();
  }
}
