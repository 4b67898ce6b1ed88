import { Injectable } from '@nestjs/common';
import { Database, type WorkspaceScope } from '#database';
import { type PiiClass, piiClasses } from './pii-class.js';
import { RedactionRepository } from './redaction.repository.js';
import { Redactor } from './redactor.js';

/** Which classes of personal data a workspace does not store. */
@Injectable()
export class RedactionService {
  constructor(
    private readonly database: Database,
    private readonly settings: RedactionRepository,
  ) {}

  /** Of a workspace that exists. */
  async get(workspaceId: string): Promise<PiiClass[]> {
    return this.database.inWorkspace(workspaceId, (scope) => this.settings.classes(scope));
  }

  /** From the next post on; what is stored already stays as it is. */
  async replace(workspaceId: string, classes: readonly PiiClass[]): Promise<void> {
    await this.database.asSystem((scope) => this.settings.replace(scope, workspaceId, inOrder(classes)));
  }

  /** @param wanted by the request: it may add to what the workspace says, never take away */
  async redactor(scope: WorkspaceScope, wanted: readonly PiiClass[] = []): Promise<Redactor> {
    return new Redactor(inOrder([...(await this.settings.classes(scope)), ...wanted]));
  }
}

const inOrder = (classes: readonly PiiClass[]): PiiClass[] =>
  piiClasses.filter((name) => classes.includes(name));
