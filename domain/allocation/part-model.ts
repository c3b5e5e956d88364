import { cellId, cellOf, dependableCapacity, providerOf, type ScalingTarget, unitPrice } from '../fleet.ts';
import type { MayCarry } from '../selection.ts';
import { type Carrier, type MarketDemand, usdPerDemand } from '../shares.ts';
import { type UnitsLine, unitsNeeded, unitsNeededTangent } from '../sizing/units-needed.ts';
import { sizingOf, unitOptions } from './capacity.ts';
import type { Entry, ModelDraft } from './mixed-integer.ts';
import { bindingHours, type Part } from './parts.ts';

/** What the model of a part is built under. */
export interface PartRules {
  readonly mayCarry: MayCarry;
  /** Most of a market that one provider may carry, 0 to 1. */
  readonly maximumProviderShare: number;
  /** Share of a unit's capacity planned to be used, 10 to 100. */
  readonly utilizationPercent: number;
  /** Markets whose demand has to be carried; that of others only as far as it can be. */
  readonly asked: ReadonlySet<string>;
  /** Losses to be survived, and the part of every market asked for that is then still carried, 0 to 1. */
  readonly survival: { readonly of: 'none' | 'provider' | 'region'; readonly promisedShare: number };
  /** USD per unit of a market's demand per second and hour on a target, beside its units. Default 0. */
  readonly usdPerDemandHour?: (target: ScalingTarget, market: string) => number;
}

/** A part's decisions: where they are in the model. */
export interface PartColumns {
  readonly part: Part;
  readonly carriers: readonly CarrierColumns[];
  /** Share of a market not asked for that nobody carries, by market. */
  readonly rest: ReadonlyMap<string, number>;
}

/** Where one carrier's decisions are. */
export interface CarrierColumns {
  readonly carrier: Carrier;
  /** Units that are there anyway and may be used. */
  readonly baseUnits: number;
  /** Columns that add units, and how many each. */
  readonly added: readonly { readonly column: number; readonly units: number }[];
  /** Units that a demand takes at most, in the model. */
  readonly line: UnitsLine;
  /** Whether it carries anything, where that alone takes units that are not there anyway. */
  readonly open?: number;
  /** Share of a market by market. */
  readonly shares: ReadonlyMap<string, number>;
}

/** A market that nobody asked for is left out only where it cannot be carried: that costs this many times the dearest way. */
const UNCARRIED_FACTOR = 10;
/** A share is told in percentage points. */
const POINTS = { unit: 'percentage point', scale: 0.01 } as const;
/** Part of its price by which the order of carriers counts where costs are equal. */
const TIE = 1e-6;

/** Adds a part to a draft: `hours` of it are paid for. Everything in the order of ids. */
export function draftPart(draft: ModelDraft, part: Part, rules: PartRules, hours: number): PartColumns {
  const dearest = part.carriers.reduce((most, { target }) => Math.max(most, unitPrice(target)), 0);
  const sizings = part.carriers.map(({ target }) =>
    sizingOf(target, part.workload, rules.utilizationPercent),
  );
  const carriers = byOrder(part.carriers).map((carrier, order) =>
    carrierColumns(draft, part, rules, hours, carrier, (dearest * (order + 1)) / part.carriers.length),
  );
  const sorted = carriers.toSorted((a, b) => (a.carrier.target.id < b.carrier.target.id ? -1 : 1));
  const rest = new Map<string, number>();
  for (const demand of part.demands) {
    const { market } = demand;
    const shares = sharesOf(sorted, market);
    if (!rules.asked.has(market)) {
      const units = sizings.map((sizing) => unitsNeeded(peakOf(demand), sizing));
      const wholly = dearest * hours * (1 + Math.max(0, ...units));
      rest.set(market, draft.column({ cost: UNCARRIED_FACTOR * wholly, upper: 1 }));
    }
    const left = rest.get(market);
    draft.row(1, 1, [...ones(shares), ...(left === undefined ? [] : [[left, 1] as const])]);
    if (rules.maximumProviderShare < 1) {
      const ofProvider = Map.groupBy(shares, ({ target }) => providerOf(target.service));
      for (const [provider, group] of [...ofProvider].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        const resource = `${provider} ${market}/${part.workload.id}`;
        const name = { constraint: 'providerShare', resource, step: part.step.step, ...POINTS } as const;
        draft.row(Number.NEGATIVE_INFINITY, rules.maximumProviderShare, ones(group), { name });
      }
    }
  }
  capacityRows(draft, part, sorted);
  surviveLosses(draft, part, rules, sorted);
  return { part, carriers: sorted, rest };
}

/** The order in which equal answers are told apart: what is there anyway, then the cheapest, then by id. */
function byOrder(carriers: readonly Carrier[]): readonly Carrier[] {
  return carriers.toSorted(
    (a, b) =>
      Number(a.selected) - Number(b.selected) ||
      usdPerDemand(a.target) - usdPerDemand(b.target) ||
      (a.target.id < b.target.id ? -1 : 1),
  );
}

function carrierColumns(
  draft: ModelDraft,
  part: Part,
  rules: PartRules,
  hours: number,
  carrier: Carrier,
  tie: number,
): CarrierColumns {
  const { target } = carrier;
  const { baseUnits, rungs, mostAdded } = unitOptions(carrier);
  const price = unitPrice(target) * hours;
  const name = {
    constraint: 'maximumUnits',
    resource: target.id,
    step: part.step.step,
    unit: 'unit',
  } as const;
  const whole = (units: number, upper: number) => ({
    column: draft.column({
      cost: price * units,
      tieCost: tie * TIE * hours * units,
      upper,
      integer: true,
      ...(!rungs && { name }),
    }),
    units,
  });
  const added = rungs ? rungs.map((units) => whole(units, 1)) : mostAdded > 0 ? [whole(1, mostAdded)] : [];
  if (rungs && added.length > 1) draft.row(Number.NEGATIVE_INFINITY, 1, ones(added));
  const shares = new Map<string, number>();
  if (baseUnits > 0 || added.length > 0) {
    for (const [order, demand] of part.demands.entries()) {
      const { market, demandByHour } = demand;
      if (!rules.mayCarry(target, market)) continue;
      const perHour = demandByHour.reduce((sum, value) => sum + value, 0);
      const cost = (rules.usdPerDemandHour?.(target, market) ?? 0) * perHour;
      // Unequal weights, so that two targets do not exchange markets at no cost.
      const weight = 1 + (order + 1) / (10 * part.demands.length);
      const tieCost = tie * TIE * hours * (peakOf(demand) / dependableCapacity(target)) * weight * 1e-2;
      shares.set(market, draft.column({ cost, tieCost, upper: 1 }));
    }
  }
  const line = lineOf(part, rules, carrier, shares);
  if (line.fixedUnits <= baseUnits || shares.size === 0) return { carrier, baseUnits, added, line, shares };
  const open = draft.column({ upper: 1, integer: true });
  onlyOpen(draft, open, shares);
  return { carrier, baseUnits, added, line, open, shares };
}

/**
 * The units that a demand takes, as a line: exact without queueing, else the tangent where the target carries all it
 * can, which says too many where it carries less. Floors are worked out exactly afterwards.
 */
function lineOf(
  { demands, workload }: Part,
  { utilizationPercent }: PartRules,
  { target, capacity }: Carrier,
  shares: ReadonlyMap<string, number>,
): UnitsLine {
  const most = demands.reduce((sum, demand) => sum + (shares.has(demand.market) ? peakOf(demand) : 0), 0);
  return unitsNeededTangent(Math.min(capacity, most), sizingOf(target, workload, utilizationPercent));
}

function onlyOpen(draft: ModelDraft, open: number, shares: ReadonlyMap<string, number>): void {
  for (const share of shares.values()) {
    draft.row(Number.NEGATIVE_INFINITY, 0, [
      [share, 1],
      [open, -1],
    ]);
  }
}

/** Their sum. */
function ones(columns: readonly { readonly column: number }[]): readonly Entry[] {
  return columns.map(({ column }) => [column, 1]);
}

function sharesOf(carriers: readonly CarrierColumns[], market: string) {
  return carriers.flatMap(({ carrier: { target }, shares }) => {
    const column = shares.get(market);
    return column === undefined ? [] : [{ target, column }];
  });
}

/** In every hour that binds, what a target carries takes no more units than it has. The heaviest is there from the start. */
function capacityRows(draft: ModelDraft, part: Part, carriers: readonly CarrierColumns[]): void {
  const hoursOf = hoursBySet(part.demands);
  for (const { baseUnits, added, line, open, shares } of carriers) {
    if (shares.size === 0) continue;
    const { fixedUnits, unitsPerDemand } = line;
    const mine = part.demands.filter(({ market }) => shares.has(market));
    const lazyGroup = draft.lazyGroup();
    for (const [order, hour] of hoursOf(mine).entries()) {
      const load = mine.map(
        ({ market, demandByHour }) =>
          [shares.get(market) ?? 0, (demandByHour[hour] ?? 0) * unitsPerDemand] as const,
      );
      const units = added.map(({ column, units: each }) => [column, -each] as const);
      const fixed = open === undefined ? [] : [[open, fixedUnits] as const];
      const room = open === undefined ? baseUnits - fixedUnits : baseUnits;
      const entries = [...load, ...units, ...fixed];
      draft.row(Number.NEGATIVE_INFINITY, room, entries, order === 0 ? {} : { lazyGroup });
    }
  }
}

/** Binding hours of sets of markets, each found out once. */
function hoursBySet(demands: readonly MarketDemand[]): (mine: readonly MarketDemand[]) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  const position = new Map(demands.map(({ market }, index) => [market, index]));
  return (mine) => {
    const key = mine.map(({ market }) => position.get(market)).join(' ');
    const found = known.get(key) ?? bindingHours(mine);
    known.set(key, found);
    return found;
  };
}

/**
 * N-1: for every provider or region that can be lost, shares of their own over those that are left carry the part
 * promised, with the same units. Residency holds then as ever; a provider's share does not.
 */
function surviveLosses(
  draft: ModelDraft,
  part: Part,
  rules: PartRules,
  carriers: readonly CarrierColumns[],
): void {
  const { of, promisedShare } = rules.survival;
  if (of === 'none') return;
  const placeOf = ({ carrier: { target } }: CarrierColumns) => lossOf(of, target);
  const demands = part.demands.filter(({ market }) => rules.asked.has(market));
  for (const lost of [...new Set(carriers.map(placeOf))].toSorted()) {
    const left = carriers.filter((carrier) => placeOf(carrier) !== lost);
    const again = left.map((carrier): CarrierColumns => {
      const markets = demands.filter(({ market }) => carrier.shares.has(market));
      return {
        ...carrier,
        shares: new Map(markets.map(({ market }) => [market, draft.column({ upper: 1 })])),
      };
    });
    for (const { market } of demands) {
      const resource = `${market}/${part.workload.id} without ${lost}`;
      const name = { constraint: 'survival', resource, step: part.step.step, ...POINTS } as const;
      draft.row(promisedShare, Number.POSITIVE_INFINITY, ones(sharesOf(again, market)), { name });
    }
    for (const { open, shares } of again) if (open !== undefined) onlyOpen(draft, open, shares);
    capacityRows(draft, { ...part, demands }, again);
  }
}

/** What is lost together with a target: its provider, or its region of its provider. */
export function lossOf(of: 'none' | 'provider' | 'region', target: ScalingTarget): string {
  return of === 'region' ? cellId(cellOf(target)) : providerOf(target.service);
}

function peakOf({ demandByHour }: MarketDemand): number {
  return demandByHour.reduce((a, b) => Math.max(a, b), 0);
}
