import { type Fleet, providerOf, type ScalingTarget } from './fleet.ts';
import type { ProviderId } from './providers.ts';
import { cachePrice, databasePrice, instancePrice, type PriceOrigin } from './tables/prices.ts';

/** What a unit is, as far as its price goes. */
export interface PricedThing {
  readonly provider: ProviderId;
  readonly region: string;
  /** The vendor's name: a machine type, or a managed class (`db.r6g.large`, `cache.r6g.large`). */
  readonly type: string;
  /** Engine of a managed class; empty for a machine. */
  readonly engine: string;
}

/** Price of a unit in USD per hour. */
export interface UnitPrice extends PriceOrigin {
  readonly usdPerHour: number;
  /** Of an interruptible one; null where unknown or never sold. */
  readonly spotUsdPerHour: number | null;
  /** Where that is from, if not from where `usdPerHour` is. */
  readonly spotOrigin?: PriceOrigin;
}

/** Answers what a thing costs; null where nobody knows. */
export type PriceBook = (thing: PricedThing) => UnitPrice | null;

/** A target as a file declares it: a price may be left out where `instanceType` says what a unit is. */
export type DeclaredTarget = Omit<ScalingTarget, 'hourlyUsdPerUnit' | 'price'> &
  Partial<Pick<ScalingTarget, 'hourlyUsdPerUnit'>>;

/** A fleet as a file declares it. */
export type DeclaredFleet = Omit<Fleet, 'targets'> & { readonly targets: readonly DeclaredTarget[] };

/** The tables that come with this release. */
export const tablePrices: PriceBook = ({ provider, region, type, engine }) => {
  if (type.startsWith('db.')) {
    const price = databasePrice(provider, region, engine, type);
    if (!price || price.singleZoneUsdPerHour === null) return null;
    return { usdPerHour: price.singleZoneUsdPerHour, spotUsdPerHour: null, ...originOf(price) };
  }
  if (type.startsWith('cache.')) {
    const price = cachePrice(provider, region, engine, type);
    return price && { usdPerHour: price.usdPerHour, spotUsdPerHour: null, ...originOf(price) };
  }
  const price = instancePrice(provider, region, type);
  if (!price) return null;
  const { onDemandUsdPerHour: usdPerHour, spotUsdPerHour } = price;
  return { usdPerHour, spotUsdPerHour, ...originOf(price) };
};

/** Asks one book first and takes the other's answer where that one is newer, or where the first has none. */
export function newestOf(first: PriceBook, second: PriceBook): PriceBook {
  return (thing) => {
    const [one, other] = [first(thing), second(thing)];
    if (!one || !other) return one ?? other;
    const [newer, older] = one.asOf >= other.asOf ? [one, other] : [other, one];
    if (newer.spotUsdPerHour !== null || older.spotUsdPerHour === null) return newer;
    const spotOrigin = older.spotOrigin ?? originOf(older);
    return { ...newer, spotUsdPerHour: older.spotUsdPerHour, spotOrigin };
  };
}

/** What is to be priced of a target, or null where it names no `instanceType`. */
export function pricedThing(
  target: Pick<DeclaredTarget, 'service' | 'region' | 'instanceType' | 'engine'>,
): PricedThing | null {
  const { service, region, instanceType, engine = '' } = target;
  return instanceType === undefined
    ? null
    : { provider: providerOf(service), region, type: instanceType, engine };
}

/**
 * The fleet with the prices its file left out, each target saying where they are from. A price of the file's own stays.
 * @throws Error that names the target where a price is missing, which {@link priceGaps} would have said.
 */
export function pricedFleet(fleet: DeclaredFleet, book: PriceBook): Fleet {
  return { ...fleet, targets: fleet.targets.map((target) => pricedTarget(target, book)) };
}

/** The fleet as its file declared it: the inverse of {@link pricedFleet}. */
export function declaredFleet(fleet: Fleet): DeclaredFleet {
  return { ...fleet, targets: fleet.targets.map(declaredTarget) };
}

/** Prices that a target left out and the book does not have: what to name in a fault. */
export function priceGaps(
  target: DeclaredTarget,
  book: PriceBook,
): readonly ('hourlyUsdPerUnit' | 'spotHourlyUsdPerUnit')[] {
  const wanted = leftOut(target);
  const thing = pricedThing(target);
  const known = thing && wanted.length > 0 ? book(thing) : null;
  return wanted.filter((field) =>
    field === 'hourlyUsdPerUnit' ? known === null : (known?.spotUsdPerHour ?? null) === null,
  );
}

function pricedTarget(target: DeclaredTarget, book: PriceBook): ScalingTarget {
  const of = leftOut(target);
  if (of.length === 0) return target as ScalingTarget;
  const thing = pricedThing(target);
  const known = thing && book(thing);
  if (!known || priceGaps(target, book).length > 0) {
    const what = `no price is known of ${thing?.type ?? 'it'} in ${target.region}`;
    throw new Error(`${target.id}: ${what}; import the fleet again with the price of a unit in it`);
  }
  const { usdPerHour, spotUsdPerHour } = known;
  return {
    ...target,
    hourlyUsdPerUnit: target.hourlyUsdPerUnit ?? usdPerHour,
    ...(of.includes('spotHourlyUsdPerUnit') &&
      spotUsdPerHour !== null && { spotHourlyUsdPerUnit: spotUsdPerHour }),
    price: { ...originIn(known, of), of },
  };
}

/** What mixes prices of two days is as old as the older one. */
function originIn(known: UnitPrice, of: readonly string[]): PriceOrigin {
  const { spotOrigin } = known;
  if (!spotOrigin || !of.includes('spotHourlyUsdPerUnit')) return originOf(known);
  if (!of.includes('hourlyUsdPerUnit')) return spotOrigin;
  const asOf = [known.asOf, spotOrigin.asOf].toSorted()[0] ?? known.asOf;
  return { asOf, source: `${known.source}; spot: ${spotOrigin.source}` };
}

function declaredTarget({ price, ...target }: ScalingTarget): DeclaredTarget {
  if (!price) return target;
  const { hourlyUsdPerUnit, spotHourlyUsdPerUnit, ...rest } = target;
  return {
    ...rest,
    ...(!price.of.includes('hourlyUsdPerUnit') && { hourlyUsdPerUnit }),
    ...(!price.of.includes('spotHourlyUsdPerUnit') &&
      spotHourlyUsdPerUnit !== undefined && { spotHourlyUsdPerUnit }),
  };
}

function leftOut(target: DeclaredTarget): readonly ('hourlyUsdPerUnit' | 'spotHourlyUsdPerUnit')[] {
  const { hourlyUsdPerUnit, instanceType, spotPercent = 0, spotHourlyUsdPerUnit } = target;
  const spot = spotPercent > 0 && spotHourlyUsdPerUnit === undefined && instanceType !== undefined;
  return [
    ...(hourlyUsdPerUnit === undefined ? (['hourlyUsdPerUnit'] as const) : []),
    ...(spot ? (['spotHourlyUsdPerUnit'] as const) : []),
  ];
}

function originOf({ asOf, source }: PriceOrigin): PriceOrigin {
  return { asOf, source };
}
