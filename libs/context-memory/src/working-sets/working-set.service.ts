import { Injectable } from '@nestjs/common';
import { InvalidRequestError, newId, type Page, pageOf } from '#common';
import { AppConfig } from '#config';
import { Database, isUniqueViolation, type WorkspaceScope } from '#database';
import {
  TooManyWorkingSetsError,
  WorkingSetNameTakenError,
  WorkingSetNotFoundError,
} from '../context-memory.errors.js';
import { type PageMark, writeCursor } from '../items/page-cursor.js';
import { defineSet, type NewWorkingSet } from './define-set.js';
import type { WantedPart } from './wanted-part.js';
import { WantedPartRepository } from './wanted-part.repository.js';
import { type RenderOptions, renderSet } from './render-set.js';
import type { RenderedSet, WorkingSetBlock } from './rendered-set.js';
import type { SetSummary } from './set-summary.js';
import { SetSummaryRepository } from './set-summary.repository.js';
import { stateOf } from './summary-source.js';
import type { WorkingSet, WorkingSetDefinition } from './working-set.js';
import { maxSets } from './working-set-check.js';
import { WorkingSetRefresher } from './working-set-refresher.js';
import { WorkingSetRepository } from './working-set.repository.js';

/** Working sets, by id or by name. */
@Injectable()
export class WorkingSetService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly sets: WorkingSetRepository,
    private readonly wanted: WantedPartRepository,
    private readonly summaries: SetSummaryRepository,
    private readonly refresher: WorkingSetRefresher,
  ) {}

  /**
   * Makes a set, its queries asked.
   * @throws InvalidRequestError naming the field, WorkingSetNameTakenError, TooManyWorkingSetsError
   */
  async create(workspaceId: string, asked: NewWorkingSet): Promise<WorkingSet> {
    const set = this.defined(asked);
    const id = newId();
    await this.database.inWorkspace(workspaceId, async (scope) => {
      await this.requirePins(scope, set.pinnedItems, []);
      if ((await this.sets.count(scope)) >= maxSets) throw new TooManyWorkingSetsError(maxSets);
      if (!(await this.sets.insert(scope, id, set))) throw new WorkingSetNameTakenError();
    });
    return this.asked(workspaceId, id);
  }

  /**
   * Changes what is named, as one new version, and asks the queries.
   * @throws InvalidRequestError naming the field, WorkingSetNotFoundError, WorkingSetNameTakenError
   */
  async update(
    workspaceId: string,
    idOrName: string,
    patch: Partial<WorkingSetDefinition>,
  ): Promise<WorkingSet> {
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length === 0) throw new InvalidRequestError('The body names nothing to change');
    const id = await this.database
      .inWorkspace(workspaceId, async (scope) => {
        const before = found(await this.sets.lock(scope, idOrName), idOrName);
        // Without its session a set has no turns.
        const set = this.defined({
          ...before,
          ...(given['session'] === null && { lastTurns: null }),
          ...given,
        });
        await this.requirePins(scope, set.pinnedItems, before.pinnedItems);
        await this.sets.replace(scope, before.id, set);
        // What the owner took out of the set must not go on being told.
        if (set.summary === null || selects(before) !== selects(set)) {
          await this.summaries.delete(scope, before.id);
        }
        return before.id;
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new WorkingSetNameTakenError() : error;
      });
    return this.asked(workspaceId, id);
  }

  /** @param param the field that names the set, where it is one @throws WorkingSetNotFoundError */
  get(workspaceId: string, idOrName: string, param?: string): Promise<WorkingSet> {
    return this.database.inWorkspace(workspaceId, async (scope) =>
      found(await this.sets.find(scope, idOrName), idOrName, param),
    );
  }

  /** One page, newest first. */
  async list(workspaceId: string, limit: number, after?: PageMark): Promise<Page<WorkingSet>> {
    const sets = await this.database.inWorkspace(workspaceId, (scope) =>
      this.sets.list(scope, limit + 1, after),
    );
    return pageOf(sets, limit, writeCursor);
  }

  /** @throws WorkingSetNotFoundError */
  async delete(workspaceId: string, idOrName: string): Promise<WorkingSet> {
    return this.database.inWorkspace(workspaceId, async (scope) => {
      const set = found(await this.sets.lock(scope, idOrName), idOrName);
      await this.sets.delete(scope, set.id);
      return set;
    });
  }

  /** The block of a set, of the items as they are now, and of the last summary if the set wishes one. @throws DatabaseUnavailableError */
  async render(
    workspaceId: string,
    set: WorkingSet,
    options: Omit<RenderOptions, 'tokenBudget' | 'summary'> = {},
  ): Promise<WorkingSetBlock> {
    const { wanted, summary } = await this.database.inWorkspace(workspaceId, async (scope) => ({
      wanted: await this.wanted.load(scope, set),
      summary: set.summary ? await this.summaries.find(scope, set.id) : undefined,
    }));
    const rendered = renderSet(wanted, { ...options, tokenBudget: set.tokenBudget, summary });
    return { ...rendered, ...standingOf(set, wanted, rendered, summary) };
  }

  private defined(asked: NewWorkingSet): WorkingSetDefinition {
    return defineSet(asked, this.config.memory.CONTEXT_TOKEN_BUDGET);
  }

  /** A pin that was there before may stay though its item is gone. */
  private async requirePins(scope: WorkspaceScope, pins: string[], before: string[]): Promise<void> {
    const existing = await this.sets.existing(scope, pins);
    const missing = pins.findIndex((id) => !existing.has(id) && !before.includes(id));
    if (missing === -1) return;
    const param = `pinned_items[${missing}]`;
    throw new InvalidRequestError(`${param}: no context item with id '${pins[missing]}'`, param);
  }

  /** The set with its queries asked. If that does not succeed now, the worker does it: the definition left a note. */
  private async asked(workspaceId: string, id: string): Promise<WorkingSet> {
    const set = await this.get(workspaceId, id);
    if (set.queries.length === 0) return set;
    await this.refresher.ask(workspaceId, set);
    return this.get(workspaceId, id);
  }
}

function found(set: WorkingSet | undefined, idOrName: string, param?: string): WorkingSet {
  if (!set) throw new WorkingSetNotFoundError(idOrName, param);
  return set;
}

/** What a definition chooses, as a text to be compared. */
const selects = ({ pinnedItems, takesPinned, queries, session, lastTurns }: WorkingSetDefinition): string =>
  JSON.stringify([pinnedItems, takesPinned, queries, session, lastTurns]);

/** While everything fits, a summary is not wanted. */
function standingOf(
  set: WorkingSet,
  wanted: WantedPart[],
  { dropped, summary: shown }: RenderedSet,
  summary: SetSummary | undefined,
): Pick<WorkingSetBlock, 'isSummaryStale' | 'isSummaryDue'> {
  if (set.summary === null) return { isSummaryStale: false, isSummaryDue: false };
  const isCurrent = summary?.state === stateOf(set, wanted);
  const isWanted = !isCurrent && dropped.some(({ reason }) => reason === 'over_budget');
  return { isSummaryStale: shown !== undefined && !isCurrent, isSummaryDue: isWanted && !set.isSummaryTried };
}
