import { Injectable } from '@nestjs/common';
import { InvalidRequestError, newId } from '#common';
import { AppConfig } from '#config';
import type { WorkspaceScope } from '#database';
import { TooManyWorkingSetsError } from '../context-memory.errors.js';
import { defineSet } from '../working-sets/define-set.js';
import { maxPinned, maxSets } from '../working-sets/working-set-check.js';
import { WorkingSetRepository } from '../working-sets/working-set.repository.js';
import type { ImportedSet, PinReference } from './exported-set.js';
import { PinRepository } from './pin.repository.js';

/** Takes working sets in, behind the items of their import. */
@Injectable()
export class SetImporter {
  constructor(
    private readonly config: AppConfig,
    private readonly sets: WorkingSetRepository,
    private readonly pins: PinRepository,
  ) {}

  /**
   * Checks sets before anything is written.
   * @param comes whether an item of the import has this id, where it was exported
   * @returns those that are not there yet, one of each name
   * @throws InvalidRequestError naming the set's path and field, also for a pin whose item is neither here nor comes;
   *   TooManyWorkingSetsError
   */
  async check(
    scope: WorkspaceScope,
    sets: ImportedSet[],
    comes: (id: string) => boolean,
  ): Promise<ImportedSet[]> {
    for (const set of sets) this.checkDefinition(set);
    const there = (await this.sets.list(scope, maxSets)).map(({ name }) => name);
    const named = new Map(sets.toReversed().map((set) => [set.name, set]));
    const fresh = sets.filter((set) => named.get(set.name) === set && !there.includes(set.name));
    if (there.length + fresh.length > maxSets) throw new TooManyWorkingSetsError(maxSets);
    for (const { path, pins } of fresh) {
      const here = await this.pins.resolve(scope, pins);
      const lost = pins.findIndex(({ id }, i) => here[i] === undefined && !(id !== undefined && comes(id)));
      if (lost !== -1) throw missingPin(`${path}.pinned_items[${lost}]`);
    }
    return fresh;
  }

  /**
   * Makes sets, without pins whose items went meanwhile; a note of the database has their queries asked.
   * @param sets as {@link check} returned them
   * @param written ids of the import's items here, by those where they were exported
   * @returns how many were not there
   */
  async store(
    scope: WorkspaceScope,
    sets: ImportedSet[],
    written: ReadonlyMap<string, string>,
  ): Promise<number> {
    let made = 0;
    for (const { path: _, pins, ...definition } of sets) {
      const here = await this.pins.resolve(scope, pins);
      const ids = pins.flatMap(({ id }, i) => written.get(id ?? '') ?? here[i] ?? []);
      const set = this.defined({ ...definition, pinnedItems: [...new Set(ids)] });
      if (await this.sets.insert(scope, newId(), set)) made += 1;
    }
    return made;
  }

  private checkDefinition({ path, pins, ...definition }: ImportedSet): void {
    try {
      this.defined(definition);
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      throw new InvalidRequestError(`${path}: ${error.message}`, `${path}.${error.param}`, error.code);
    }
    if (pins.length > maxPinned) {
      const param = `${path}.pinned_items`;
      throw new InvalidRequestError(`${param} may hold at most ${maxPinned}`, param);
    }
  }

  private readonly defined = (set: Parameters<typeof defineSet>[0]) =>
    defineSet(set, this.config.memory.CONTEXT_TOKEN_BUDGET);
}

/** Pins of what has expired, which an import leaves out. */
export const withoutExpired = (
  set: ImportedSet,
  hasExpired: (id: string) => boolean,
  now: Date,
): ImportedSet => ({
  ...set,
  pins: set.pins.filter((pin) => !isOver(pin, now) && !(pin.id !== undefined && hasExpired(pin.id))),
});

const isOver = ({ expiresAt }: PinReference, now: Date): boolean =>
  expiresAt !== undefined && expiresAt <= now;

const missingPin = (param: string): InvalidRequestError =>
  new InvalidRequestError(
    `${param}: no such item, here or in this import: import the items first, or leave the pin out`,
    param,
  );
