import type { VirtualModel } from './virtual-model.js';

/** What a workspace calls its models. */
export interface CallerModels {
  /** Meant when a call names none; null: it must name one. */
  readonly default: string | null;
  /** By name. */
  readonly virtual: ReadonlyMap<string, Pick<VirtualModel, 'strategy' | 'targets' | 'createdAt'>>;
}

/** The columns below, as a look-up of a key reads them; `w` is the workspace. */
export const callerModelColumns = `w.default_model,
  (SELECT jsonb_agg(jsonb_build_object('name', v.name, 'strategy', v.strategy, 'targets', v.targets,
     'created', extract(epoch FROM v.created_at)) ORDER BY v.name COLLATE "C")
   FROM virtual_models v WHERE v.workspace_id = w.id) AS virtual_models`;

/** A caller's models as they come from the database. */
export interface CallerModelsRow {
  default_model: string | null;
  virtual_models: (Pick<VirtualModel, 'name' | 'strategy' | 'targets'> & { created: number })[] | null;
}

/** Frozen, as everything of a caller is. */
export const callerModelsOf = (row: CallerModelsRow): CallerModels =>
  Object.freeze({
    default: row.default_model,
    virtual: new Map(
      (row.virtual_models ?? []).map(({ name, strategy, targets, created }) => [
        name,
        Object.freeze({ strategy, targets: Object.freeze(targets), createdAt: new Date(created * 1_000) }),
      ]),
    ),
  });
