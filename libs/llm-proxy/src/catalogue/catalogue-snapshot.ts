import type { CatalogueModel } from './catalogue-model.js';

/**
 * A suffix that only changes which of a model's providers OpenRouter tries first; window and makers stay. Others (`:free`,
 * `:extended`, `:thinking`) are models of their own, listed or not.
 */
const preference = /:(nitro|floor|exacto)$/;

/** One state of the catalogue; never changed, only replaced. */
export class CatalogueSnapshot {
  private readonly byId = new Map<string, CatalogueModel>();
  private readonly bySlug = new Map<string, CatalogueModel>();
  private readonly listedIds: ReadonlySet<string>;

  /**
   * @param listed in the upstream's order
   * @param unlisted models of embeddings, which have a list of their own, and those that are no longer listed, but still good
   * for the price of a call made before
   * @param asOf when the upstream gave the list; milliseconds since the epoch
   */
  constructor(
    readonly listed: readonly CatalogueModel[],
    readonly unlisted: readonly CatalogueModel[],
    readonly asOf: number,
  ) {
    this.listedIds = new Set(listed.map(({ id }) => id));
    for (const model of [...listed, ...unlisted]) {
      this.byId.set(model.id, model);
      // `a/b` and `a/b:free` share a slug; it means the first.
      const slug = model.entry['canonical_slug'];
      if (typeof slug === 'string' && !model.id.includes(':') && !this.bySlug.has(slug))
        this.bySlug.set(slug, model);
    }
  }

  /** By id, by the slug that answers may name instead (`openai/gpt-5-2026-08-07`), and with a preference's suffix. */
  find(id: string): CatalogueModel | undefined {
    const plain = id.replace(preference, '');
    return this.byId.get(id) ?? this.byId.get(plain) ?? this.bySlug.get(plain);
  }

  /** By its very id, and only while it is listed. */
  findListed(id: string): CatalogueModel | undefined {
    return this.listedIds.has(id) ? this.byId.get(id) : undefined;
  }
}
