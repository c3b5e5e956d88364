import type { Fleet, ScalingTarget } from './fleet.ts';

/** Where prices of a cost are from, and how old they are. */
export interface PriceOrigins {
  /** The oldest day among them, `YYYY-MM-DD`. */
  readonly priceDate: string;
  /** By source, sorted; absent where all are the fleet file's own. */
  readonly priceSources?: readonly {
    readonly source: string;
    readonly asOf: string;
    /** Targets priced from it. */
    readonly targets: number;
  }[];
}

/** Source of prices that a fleet's file states itself. */
export const FLEET_FILE = 'the fleet file';

/** Sources and days of the prices of these targets; of none, those of the fleet's file. */
export function priceOrigins(
  fleet: Pick<Fleet, 'priceDate'>,
  targets: readonly Pick<ScalingTarget, 'price'>[],
): PriceOrigins {
  const origins = targets.map(({ price }) => ({
    source: price?.source ?? FLEET_FILE,
    asOf: price?.asOf ?? fleet.priceDate,
  }));
  const priceDate = origins.map(({ asOf }) => asOf).toSorted()[0] ?? fleet.priceDate;
  if (targets.every(({ price }) => price === undefined)) return { priceDate };
  const groups = Map.groupBy(origins, ({ source, asOf }) => `${source}\n${asOf}`);
  const priceSources = [...groups.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, [first, ...others]]) => (first ? [{ ...first, targets: others.length + 1 }] : []));
  return { priceDate, priceSources };
}
