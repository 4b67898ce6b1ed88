import { Injectable } from '@nestjs/common';
import { type Erasure, type Forgetter, type ForgetRequest, ForgetService } from '#context-memory';
import { AnswerEraser } from '#llm-proxy';

/** Forgets wherever the gateway remembers: in memory, and in the answers that it keeps to give them again. */
@Injectable()
export class Forgetting {
  constructor(
    private readonly memory: ForgetService,
    private readonly answers: AnswerEraser,
  ) {}

  /**
   * Memory first: who asks after that is not answered from it.
   * @throws what ForgetService throws; RedisUnavailableError when the items are gone and answers may be left: forget again
   */
  async forget(forgetter: Forgetter, request: ForgetRequest): Promise<Erasure> {
    const erasure = await this.memory.forget(forgetter, request);
    await this.answers.forget(forgetter.workspaceId);
    return erasure;
  }
}
