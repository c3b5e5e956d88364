import type { ScalingTarget } from './fleet.ts';
import type { DeclaredFleet, DeclaredTarget } from './pricing.ts';
import type { ProviderId } from './providers.ts';
import { leverOfTarget, resourceOf } from './services.ts';

/** Stands in a fleet file for what only a person can know; a fleet that holds one is refused (schemas/gaps.ts). */
export const GAP = '?';

/** Tag that says what belongs to weddings, unless told otherwise. */
export const FLEET_TAG = 'wedsync:fleet';

/** Most targets one discovery finds: as many as a fleet may have. */
export const MOST_DISCOVERED = 5_000;

/** How a service is looked through. */
export interface DiscoverOptions {
  /** What does not bear this tag may be left out, where that saves calls. */
  readonly tagKey: string;
  /** Things to look at where each takes a call of its own: enough for whoever wants to see that it can be done. Default all. */
  readonly atMost?: number;
}

/** One thing a vendor has that could be a target, as far as the vendor tells. */
export interface DiscoveredTarget {
  readonly service: string;
  readonly region: string;
  /** As the lever's `referenceFields` ask for it; what a scaler's `read` finds it by. */
  readonly reference: Readonly<Record<string, string>>;
  /** Which lever of the service; absent for its first. */
  readonly lever?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether an autoscaler owns the count; null where the vendor cannot tell (a Cluster Autoscaler signs up nowhere). */
  readonly autoscaled: boolean | null;
  /**
   * Units guaranteed now: the autoscaler's minimum, else the count; the minimum too where `autoscaled` is null, as
   * it holds either way. Null for a machine class, whose units only a target's own ladder says.
   */
  readonly baselineUnits: number | null;
  /** The count, where `autoscaled` is null. */
  readonly countUnits?: number;
  /** Class in use, of a lever that is one. */
  readonly className?: string;
  /** Most units it may have now; null where nothing bounds it. */
  readonly maximumUnits: number | null;
  /** Share of the units that may be interruptible, 0 to 100; absent where the resource has no such setting. */
  readonly spotPercent?: number;
  /** USD per unit and hour, where a table of prices says; absent where none does. */
  readonly hourlyUsdPerUnit?: number;
}

/** Looks through one region of a service; see {@link Scaler}, which may have one. */
export type Discover = (
  region: string,
  options: DiscoverOptions,
  signal: AbortSignal,
) => AsyncIterable<DiscoveredTarget>;

/** What belongs to weddings: bears the tag, and this value where one is asked for. */
export interface FleetTag {
  readonly key: string;
  readonly value: string | null;
}

/** Whether tags say that a thing belongs to weddings. */
export function bearsTag(tags: Readonly<Record<string, string>>, { key, value }: FleetTag): boolean {
  return Object.hasOwn(tags, key) && (value === null || tags[key] === value);
}

/** A lever that was found and not written; see {@link leftOutOf}. */
export type LeftOut = Readonly<
  Required<Pick<DiscoveredTarget, 'service' | 'region' | 'reference' | 'lever'>>
>;

/** What a discovery came to. JSON, as it is stored and answered. */
export interface Discovery {
  readonly provider: ProviderId;
  readonly regions: readonly string[];
  readonly tag: FleetTag;
  /** A fleet file; what only a person can know is {@link GAP}. */
  readonly fleet: FleetDraft;
  /** Of the targets in it, how many were found; the others are those of the fleet in force elsewhere. */
  readonly targets: number;
  /** Gaps to be filled. */
  readonly gaps: number;
  /** What bears the tag and is not in the file, lever by lever; see {@link leftOutOf}. */
  readonly leftOut: readonly LeftOut[];
  /** Services of the provider that this release cannot look through. */
  readonly notDiscoverable: readonly string[];
  /** Where looking failed or ended early: what is there may not be in the file. */
  readonly failures: readonly {
    readonly service: string;
    readonly region: string;
    readonly message: string;
  }[];
  /** More was there than a fleet may hold. */
  readonly truncated: boolean;
}

/** A value, or the mark that it is missing. */
type OrGap<T> = T | typeof GAP;

/** A target as far as it is known. */
type TargetDraft = { readonly [field in keyof ScalingTarget]?: OrGap<ScalingTarget[field]> };

/** A fleet file with marked gaps. */
export type FleetDraft = Readonly<Record<string, unknown>> & { readonly targets: readonly TargetDraft[] };

/**
 * Writes what was found as a fleet that can take the place of the one in force. What that declares already is kept, with
 * what runs today freshly read where it was found: a search looks at one provider and some regions, and a file of
 * those alone would drop everything else. The rest has a gap wherever no vendor can know, and {@link leftOutOf} is not
 * in it.
 */
export function draftFleet(found: readonly DiscoveredTarget[], known: DeclaredFleet | null): FleetDraft {
  const declared = declaredIn(known);
  const written = found.filter((one) => declared.has(resourceOf(one)) || isProposed(one));
  const seen = new Set(written.map(resourceOf));
  const elsewhere = (known?.targets ?? []).filter((target) => !seen.has(resourceOf(target)));
  const targets = [
    ...written.map((one) => draftTarget(one, declared.get(resourceOf(one)))),
    ...elsewhere,
  ].toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  const { name, priceDate, markets, workloads, demandModel, recordSets } = known ?? unknownFleet(written);
  return { name, priceDate, markets, workloads, demandModel, targets, recordSets };
}

/**
 * Levers that nobody gets unasked: a change of them interrupts, is never given back, or needs a ladder of classes.
 * Most people would delete such targets from the file, and one that was taken for granted would do harm; so they
 * are named instead, and kept up to date once the fleet in force declares them.
 */
export function leftOutOf(
  found: readonly DiscoveredTarget[],
  known: DeclaredFleet | null,
): readonly LeftOut[] {
  const declared = declaredIn(known);
  return found
    .filter((one) => !declared.has(resourceOf(one)) && !isProposed(one))
    .map(({ service, region, reference, lever = leverOfTarget({ service })?.id ?? '' }) => {
      return { service, region, reference, lever };
    });
}

function declaredIn(known: DeclaredFleet | null): ReadonlyMap<string, DeclaredTarget> {
  return new Map((known?.targets ?? []).map((target) => [resourceOf(target), target]));
}

function isProposed(found: DiscoveredTarget): boolean {
  const lever = leverOfTarget(found);
  if (!lever || lever.interrupts || lever.reversibility === 'committed') return false;
  return !lever.kinds.includes('class');
}

/** How many gaps a draft has. */
export function countGaps(value: unknown): number {
  if (value === GAP) return 1;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + countGaps(part), 0);
}

function draftTarget(found: DiscoveredTarget, declared: DeclaredTarget | undefined): TargetDraft {
  if (declared) {
    const autoscaled = found.autoscaled ?? declared.autoscaled;
    return { ...declared, autoscaled, baselineUnits: unitsNow(found, declared) };
  }
  const { service, region, reference, lever, autoscaled, baselineUnits, maximumUnits } = found;
  const { hourlyUsdPerUnit, spotPercent } = found;
  return {
    id: idOf(found),
    service,
    ...(lever !== undefined && { lever }),
    region,
    reference,
    workload: GAP,
    markets: GAP,
    capacityPerUnit: GAP,
    // No target may have a maximum of 0.
    maximumUnits: maximumUnits || GAP,
    hourlyUsdPerUnit: hourlyUsdPerUnit ?? GAP,
    critical: GAP,
    leadTimeMinutes: leverOfTarget(found)?.provisioningMinutes.p95 ?? GAP,
    autoscaled: autoscaled ?? GAP,
    baselineUnits: baselineUnits ?? GAP,
    // A share of 0 says nothing: where none is declared it stays as it is.
    ...(spotPercent && { spotPercent, spotHourlyUsdPerUnit: GAP }),
  } as TargetDraft;
}

/** What runs today of a declared target, in its own units. */
function unitsNow(found: DiscoveredTarget, declared: DeclaredTarget): number {
  const { autoscaled, baselineUnits, countUnits, className } = found;
  if (autoscaled === null && !declared.autoscaled && countUnits !== undefined) return countUnits;
  const rung = declared.classes?.find(({ name }) => name === className);
  return rung?.units ?? baselineUnits ?? declared.baselineUnits;
}

/** `aws.ecs/eu-west-1/weddings/gallery`, and the lever where it is not the first. */
function idOf({ service, region, reference, lever }: DiscoveredTarget): string {
  const fields = leverOfTarget({ service, lever })?.referenceFields ?? Object.keys(reference);
  const name = [service, region, ...fields.map((field) => reference[field] ?? '')].join('/');
  return lever === undefined ? name : `${name}#${lever}`;
}

/** The parts of a fleet that no vendor has, each with one entry to begin from. */
function unknownFleet(found: readonly DiscoveredTarget[]) {
  const allowedRegions = [...new Set(found.map(({ region }) => region))].toSorted();
  return {
    name: GAP,
    priceDate: GAP,
    markets: [{ id: GAP, name: GAP, timeZone: GAP, allowedRegions }],
    workloads: [{ id: GAP, unit: GAP, demandPerUser: GAP }],
    demandModel: { weddingsPerBooking: GAP, usersPerGuest: GAP, viewersPerGuest: GAP, tierFactor: {} },
    recordSets: [],
  };
}
