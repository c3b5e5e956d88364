import type { ScalingTarget } from './fleet.ts';
import { figure } from './floor-explanation.ts';
import type { Infeasibility, PlannedFloor, Requirements } from './plan.ts';
import type { ProviderId } from './providers.ts';
import type { Scaler } from './scaler.ts';

/** What a vendor lets an account have of something in a region, and what it has of it now; freshly read. */
export interface QuotaReading {
  readonly provider: ProviderId;
  /** The vendor's code, e.g. `L-3032A538`. */
  readonly quota: string;
  /** The vendor's own name of it. */
  readonly title: string;
  /** The service the vendor files it under, e.g. `fargate`. */
  readonly quotaService: string;
  readonly region: string;
  /** The one resource it bounds; absent for a quota of the whole account and region. */
  readonly resource?: string;
  /** What it counts, e.g. `vCPU`. */
  readonly unit: string;
  readonly limit: number;
  /** Taken by everything in the account, not by the fleet alone. */
  readonly used: number;
  /** Never given to anybody, though it is part of the limit. Default 0. */
  readonly withheld?: number;
  /** What one unit of a target takes of it, by target id; a target that takes nothing is left out. */
  readonly perUnit: Readonly<Record<string, number>>;
  /**
   * What a raised floor takes besides, however little it is raised, by target id: what is there is replaced by
   * something else. Default nothing.
   */
  readonly perRaise?: Readonly<Record<string, number>>;
  /**
   * Units of a target that are in `used`, by target id, those on their way among them: more than what serves while
   * some start. Default: not known.
   */
  readonly counted?: Readonly<Record<string, number>>;
  /** The most the vendor gives anybody; a request for more is in vain. Default: nobody knows. */
  readonly highestGranted?: number;
  /** What to do where it does not suffice. Default: file the vendor's request for more. */
  readonly remedy?: string;
}

/** A scaler that can say which quotas bind its targets; beside {@link Scaler}, where the vendor has any. */
export interface QuotaReader {
  /**
   * Reads limits and use, in as few vendor calls as can be.
   * @returns readings of every quota that more units of one of the targets take from.
   * @throws ProviderError when any could not be read: what is not known is never a number.
   */
  quotas(targets: readonly ScalingTarget[], signal: AbortSignal): Promise<readonly QuotaReading[]>;
}

/** What came of reading the quotas that bind a plan. */
export interface QuotaReadings {
  readonly readings: readonly QuotaReading[];
  /** Of which nothing is known, because the vendor refused to say: the plan was made without them. */
  readonly unread: readonly { readonly service: string; readonly region: string; readonly reason: string }[];
}

/** Whether a scaler can read quotas. */
export function readsQuotas(scaler: Scaler): scaler is Scaler & QuotaReader {
  return 'quotas' in scaler;
}

/**
 * Quotas that a plan goes over in its worst step: `used + withheld + Σ (perUnit × increase + perRaise) > limit`. An
 * increase is what a floor adds to the largest of what is guaranteed, what serves now and what is counted in `used`.
 * `perRaise` counts where a floor is above what is guaranteed now.
 */
export function quotaFaults(
  readings: readonly QuotaReading[],
  floors: readonly PlannedFloor[],
  live: Requirements['live'],
): readonly Infeasibility[] {
  const steps = [...Map.groupBy(floors, ({ step }) => step).values()];
  return mergedQuotas(readings).flatMap((reading) => {
    const needs = steps.map((step) => needOf(reading, step, live));
    const worst = needs.reduce((a, b) => (b.units > a.units ? b : a), NO_NEED);
    return worst.units > 0 ? faultOf(reading, worst) : [];
  });
}

interface Need {
  /** In the unit of the quota. */
  readonly units: number;
  readonly step: number;
  readonly targetIds: readonly string[];
}

const NO_NEED: Need = { units: 0, step: 0, targetIds: [] };

/** Sums of shares are not exact; a quota met to so much of a unit is met. */
const ROUNDING = 1e-6;

/** Targets named in a message; the others are counted. */
const NAMED_TARGETS = 5;

/** Two services may take from one quota: their readings are one, and the more careful figures hold. */
export function mergedQuotas(readings: readonly QuotaReading[]): readonly QuotaReading[] {
  const groups = Map.groupBy(readings, ({ provider, quotaService, quota, region, resource }) =>
    JSON.stringify([provider, quotaService, quota, region, resource]),
  );
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    return [
      {
        ...first,
        limit: Math.min(...same.map(({ limit }) => limit)),
        used: Math.max(...same.map(({ used }) => used)),
        withheld: Math.max(...same.map(({ withheld = 0 }) => withheld)),
        perUnit: together(same.map(({ perUnit }) => perUnit)),
        perRaise: together(same.map(({ perRaise = {} }) => perRaise)),
        counted: together(same.map(({ counted = {} }) => counted)),
      },
    ];
  });
}

function together(parts: readonly QuotaReading['perUnit'][]): QuotaReading['perUnit'] {
  return Object.assign({}, ...parts) as QuotaReading['perUnit'];
}

function needOf(
  { perUnit, perRaise = {}, counted = {} }: QuotaReading,
  floors: readonly PlannedFloor[],
  live: Requirements['live'],
): Need {
  const needs = floors.map(({ targetId, step, floorUnits }) => {
    const { floorUnits: guaranteed = 0, servingUnits = 0 } = live[targetId] ?? {};
    const there = Math.max(guaranteed, servingUnits ?? 0, counted[targetId] ?? 0);
    const increase = Math.max(0, floorUnits - there);
    const raise = floorUnits > guaranteed ? (perRaise[targetId] ?? 0) : 0;
    return { targetId, step, units: increase * (perUnit[targetId] ?? 0) + raise };
  });
  const adding = needs.filter(({ units }) => units > 0);
  return {
    units: adding.reduce((sum, { units }) => sum + units, 0),
    step: floors[0]?.step ?? 0,
    targetIds: adding.map(({ targetId }) => targetId),
  };
}

function faultOf(reading: QuotaReading, need: Need): readonly Infeasibility[] {
  const { quota, title, quotaService, region, resource, unit, limit, used, withheld = 0 } = reading;
  const all = used + withheld + need.units;
  const shortfall = all - limit;
  if (shortfall <= ROUNDING) return [];
  const desired = Math.ceil(all - ROUNDING);
  const shown = need.targetIds.slice(0, NAMED_TARGETS).join(', ');
  const more = need.targetIds.length - NAMED_TARGETS;
  const kept = withheld > 0 ? `, ${figure(withheld)} are never given away` : '';
  const message =
    `quota: ${title} (${quota}) in ${region} allows ${figure(limit)} ${unit}, ${figure(used)} are used now${kept}, and ` +
    `${shown}${more > 0 ? ` and ${more} more` : ''} need ${figure(need.units)} on top in step ${need.step}: ` +
    `${figure(shortfall)} too many. ${remedyOf(reading, desired)}`;
  return [
    {
      constraint: 'quota',
      resource: [quotaService, quota, region, ...(resource === undefined ? [] : [resource])].join('/'),
      shortfall,
      unit,
      message,
      quota: { code: quota, title, quotaService, region, limit, used, needed: need.units, desired },
    },
  ];
}

/** What to do about it, in words that can be pasted into a shell where the vendor has a command for it. */
function remedyOf(reading: QuotaReading, desired: number): string {
  const { provider, quota, quotaService, region, remedy, highestGranted } = reading;
  if (remedy !== undefined) return `${remedy} It has to be ${figure(desired)}.`;
  if (highestGranted !== undefined && desired > highestGranted) {
    return `It would have to be ${figure(desired)} and cannot be raised above ${figure(highestGranted)}: plan for fewer units here, or for other targets.`;
  }
  if (provider !== 'aws') return `Ask the vendor for ${figure(desired)}, then plan again.`;
  return `Request more, then plan again: aws service-quotas request-service-quota-increase --service-code ${quotaService} --quota-code ${quota} --desired-value ${desired} --region ${region}`;
}
