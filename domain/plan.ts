import type { DistributionFault } from './distribution/booking-faults.ts';
import type { WeddingPhase } from './distribution/wedding-shape.ts';
import type { CellKey } from './fleet.ts';
import type { SeasonLesson } from './hindsight/correction.ts';
import type { QuotaReadings } from './quota.ts';

/** Concurrent users by market and hour, from bookings in hand and still to be made; the result of phase 1. */
export interface Distribution {
  /** Window as instants, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Hour starts covered, ascending, milliseconds since the epoch; only hours with any users. */
  readonly hoursMs: readonly number[];
  /** Per market: bookings counted and users by hour (same order as `hoursMs`). */
  readonly markets: readonly MarketDistribution[];
  /** Bookings outside the window, of other markets or without use, and so not counted. */
  readonly skippedBookings: number;
  /** What could not be used, was mended or had to be assumed, by kind. */
  readonly faults: readonly DistributionFault[];
}

/** One market's part of a {@link Distribution}; what is given per hour is in the order of `hoursMs`. */
export interface MarketDistribution {
  readonly market: string;
  /** Bookings in hand, and their guests. */
  readonly bookings: number;
  readonly guests: number;
  /** Bookings still expected to be made for the window; 0 where the booking curve is switched off. */
  readonly bookingsToCome: number;
  /** Expected concurrent users per hour, of bookings not yet made too. */
  readonly users: readonly number[];
  /** The part of `users` that bookings in hand cause. */
  readonly bookedUsers: readonly number[];
  /**
   * Variance of `users` per hour: of weddings independent of each other, of what the number still to come is uncertain
   * by, and of what the booking curve may be wrong by beyond `sharedSpread`.
   */
  readonly usersVariance: readonly number[];
  /** `users` by what they do; the phases sum to `users`. */
  readonly usersByPhase: Readonly<Record<WeddingPhase, readonly number[]>>;
  /**
   * Relative standard deviation of `users` that all hours have in common, because more or fewer may still book than the
   * curve says; no booking changes it. The variance of an hour is `usersVariance + (sharedSpread × users)²`.
   */
  readonly sharedSpread: number;
  /** Expected concurrent viewers of live streams per hour; they are part of `users`. */
  readonly liveStreamUsers: readonly number[];
  /** The part of `liveStreamUsers` that bookings in hand cause, and the variance of `liveStreamUsers`, as above. */
  readonly bookedLiveStreamUsers: readonly number[];
  readonly liveStreamUsersVariance: readonly number[];
  /** Bookings in hand that touch the hour, per hour. */
  readonly bookingsByHour: readonly number[];
  /** Weddings in hand by local calendar day, `YYYY-MM-DD`. */
  readonly weddingsByDay: Readonly<Record<string, number>>;
  /** Zones its guests are in, by name; shares sum to 1. */
  readonly zones: readonly { readonly timeZone: string; readonly share: number }[];
}

/** Demand of one workload from one market in one step, in the workload's unit per second; result of phase 2. */
export interface RegionalRequirement {
  readonly step: number;
  readonly workload: string;
  readonly market: string;
  /** Highest of `demandByHour`. */
  readonly peakDemand: number;
  readonly peakAtMs: number;
  /** Expected users at `peakAtMs`; of a workload of live streams, viewers. */
  readonly peakUsers: number;
  /** What the demand of events was multiplied by because past seasons saw more than was planned; 1 for nothing. */
  readonly pastSeasonFactor: number;
  /**
   * Expected demand by hour of the step, same order as `hoursMs` of the step. Like `band` and `terms` absent from what
   * was stored before demand had a distribution.
   */
  readonly meanByHour?: readonly number[];
  /** What is known of the demand at `peakAtMs`. */
  readonly band?: DemandBand;
  /** What the expected demand at `peakAtMs` is made of, and how the quantile was chosen. */
  readonly terms?: DemandTerms;
  /** Part of the expected demand of all its hours that is expected above `demandByHour`, 0 to 1. */
  readonly unservedShare?: number;
}

/** Quantiles of a demand, in the workload's unit per second. */
export interface DemandBand {
  /** The quantile that is made ready, 0.5 to 0.999. */
  readonly quantile: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Terms of a demand; demands in the workload's unit per second. */
export interface DemandTerms {
  /** Expected demand of weddings, of everybody else, and caused by other workloads. */
  readonly eventDemand: number;
  readonly baseDemand: number;
  readonly coupledDemand: number;
  /** Demand per user learnt from observations over the fleet's own; 1 without any. */
  readonly intensityFactor: number;
  /** Weight of observations in it, 0 to 1; the rest is the fleet's own figure. */
  readonly observedWeight: number;
  /** Whether the request said the quantile, or the costs of unserved and of idle capacity did. */
  readonly quantileBy: 'request' | 'newsvendor';
  /** Cost of a unit of demand per second unserved for an hour, and of having capacity for it, in USD. */
  readonly unservedUsd: number;
  readonly idleUsd: number;
}

/** What a past season planned for at most, and what its targets then reported, in the workload's unit per second. */
export interface PastSeason {
  readonly runId: string;
  readonly workload: string;
  readonly peakDemand: number;
  /** Highest sum of the loads its targets reported within five minutes, for people; null without any report. */
  readonly observedDemand: number | null;
  /** What its hindsight teaches by market; a market of which nothing was observed is absent. Default nothing. */
  readonly lessons?: readonly SeasonLesson[];
}

/** Phase 2 as a whole. */
export interface Requirements {
  readonly steps: readonly PlanStepWindow[];
  /**
   * `demandByHour` is the demand that is made ready, same order as `hoursMs` of the step: the chosen quantile, and the
   * highest within the time that capacity takes to come.
   */
  readonly demands: readonly (RegionalRequirement & { readonly demandByHour: readonly number[] })[];
  /** Live units (owned floor and serving) by target, read through the scalers. */
  readonly live: Readonly<
    Record<string, { readonly floorUnits: number; readonly servingUnits: number | null }>
  >;
  /** What past seasons of the same id planned for at most and saw, by workload; empty without any. */
  readonly pastSeasons: readonly PastSeason[];
  /** Hours with observations by workload and market that the forecast learnt from; a pair without any is absent. */
  readonly history?: readonly {
    readonly workload: string;
    readonly market: string;
    readonly hours: number;
  }[];
  /** Quotas that bind the targets selected; absent from what was stored before they were read. */
  readonly quotas?: QuotaReadings;
}

/** One step's window. */
export interface PlanStepWindow {
  /** 0-based. */
  readonly step: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Hours of the step that have demand, ascending; every hour where there is base demand. */
  readonly hoursMs: readonly number[];
}

/** One market's share of what a target is asked to carry, from which a person can redo the sum. */
export interface DemandShare {
  readonly market: string;
  /** Bookings of the market that touch the hour of the peak. */
  readonly bookings: number;
  readonly users: number;
  /** The part of `users` that bookings not yet made are expected to cause; absent where none. */
  readonly usersToCome?: number;
  /** Demand of the market at that hour, workload unit per second. */
  readonly demand: number;
  /** Part of it given to this target, 0 to 1. */
  readonly share: number;
}

/** Floor of one target in one step, and why. */
export interface PlannedFloor {
  readonly targetId: string;
  readonly step: number;
  /** Units asked for: `ceil(demand / (capacityPerUnit × utilizationPercent / 100))`. */
  readonly floorUnits: number;
  /** Units before rounding. */
  readonly needUnits: number;
  readonly explanation: {
    /** Hour at which the target's demand is highest, milliseconds since the epoch. */
    readonly peakAtMs: number;
    readonly shares: readonly DemandShare[];
    /** Sum over shares of `demand × share`. */
    readonly demand: number;
    readonly capacityPerUnit: number;
    readonly utilizationPercent: number;
    /** In the `demand`s above already, the highest of the markets; 1 where no past season saw more than was planned. */
    readonly pastSeasonFactor: number;
    /** Plain words a person can follow back to bookings. */
    readonly text: string;
  };
  /** Units of `floorUnits` that only the loss of a provider or region needs; absent where there are none. */
  readonly reserveUnits?: number;
}

/** Weights of one record set in one step, derived from planned capacity; live ones follow settled capacity. */
export interface PlannedRoute {
  readonly recordSetId: string;
  readonly step: number;
  readonly weights: Readonly<Record<string, number>>;
}

/** An immutable plan; `id` is the SHA-256 (hex) of the canonical JSON (RFC 8785) of `content`. */
export interface Plan {
  readonly id: string;
  readonly content: PlanContent;
}

/** What the hash covers. */
export interface PlanContent {
  readonly schemaVersion: 1;
  /** SHA-256 of the canonical JSON of each input; a plan is refused when any differs at apply time. */
  readonly inputs: {
    readonly request: string;
    readonly bookings: string;
    readonly fleet: string;
    readonly prices: string;
  };
  readonly steps: readonly PlanStepWindow[];
  /** Sorted by step, then target id. A target with no need has no floor. */
  readonly floors: readonly PlannedFloor[];
  readonly cells: readonly CellKey[];
  readonly routes: readonly PlannedRoute[];
  readonly cost: {
    /** Of all targets selected, at their live floors. */
    readonly hourlyUsdBefore: number;
    /** At the costliest step, max(live, floor) of every target selected. */
    readonly hourlyUsdAfter: number;
    /** What the plan adds over all its steps. */
    readonly seasonUsd: number;
    /** Day of the oldest price among them, `YYYY-MM-DD`. */
    readonly priceDate: string;
    /** By source; absent where every price is the fleet file's own. */
    readonly priceSources?: readonly {
      readonly source: string;
      readonly asOf: string;
      readonly targets: number;
    }[];
  };
  /** How good the plan is known to be; absent from plans made before it was known. */
  readonly optimality?: Optimality;
  /** Part of its expected demand that each workload is expected to lack at most, 0 to 1; absent from older plans. */
  readonly expectedUnserved?: readonly { readonly workload: string; readonly share: number }[];
  /** What the same demand would cost otherwise; absent from older plans. */
  readonly alternatives?: Alternatives;
  /** Quotas that could not be read, and why, so that the plan was made without them; absent where all were. */
  readonly unreadQuotas?: readonly string[];
  /** Live value against the fleet's declared baseline, where they differ. */
  readonly drift: readonly {
    readonly targetId: string;
    readonly baselineUnits: number;
    readonly liveUnits: number;
  }[];
  /** Floors that are never given back once applied (storage); a plan with any waits for a person's approval. */
  readonly commitments: readonly {
    readonly targetId: string;
    readonly liveUnits: number;
    readonly floorUnits: number;
    /** What stays, in words. */
    readonly text: string;
  }[];
  /** Who may stand in for whom without asking again; absent where no planned target has a fallback. */
  readonly fallbacks?: DeclaredFallbacks;
  /** What made this a later generation of another plan; absent from a plan made by phase 3. */
  readonly standIn?: StandIn;
  readonly peak: { readonly atMs: number; readonly users: number; readonly text: string };
  /** Service time after which this plan may no longer be applied, milliseconds since the epoch. */
  readonly validUntilMs: number;
}

/** What the search for the cheapest plan came to. */
export interface Optimality {
  /** What the plan adds in USD, as the search counts it: units over the hours left, and what moving data costs. */
  readonly costUsd: number;
  /** No plan under the same constraints adds less, in USD. */
  readonly boundUsd: number;
  /** `(costUsd - boundUsd) / costUsd`, 0 to 1; what may be left to be saved. */
  readonly gap: number;
  /** Constraints that cost something, and how much, dearest first. */
  readonly binding: readonly BindingConstraint[];
}

/** Other plans for the same demand, to judge a plan by. */
export interface Alternatives {
  /** Everything that is added on the cheapest single provider. */
  readonly singleCloud: Alternative;
  /** The loss of any one provider survived, everything served. */
  readonly survivesProvider: Alternative;
}

/** What another plan would cost, or why there is none. */
export type Alternative =
  | {
      readonly status: 'planned';
      /** Of a single cloud. */
      readonly provider?: string;
      readonly hourlyUsdAfter: number;
      /** What it would add over all steps. */
      readonly seasonUsd: number;
      /**
       * Why it takes more room than the fleet has, and what a plan that has that room and survives nothing would add;
       * absent where the fleet has room.
       */
      readonly withoutRoom?: { readonly reason: string; readonly seasonUsd: number };
    }
  | { readonly status: 'infeasible'; readonly reason: string };

/** A constraint that stands in the way of a cheaper plan. */
export interface BindingConstraint {
  readonly constraint:
    | 'maximumUnits'
    | 'providerShare'
    | 'survival'
    | 'quota'
    | 'hourlyBudget'
    | 'seasonBudget'
    | 'demand';
  /** A target, a market/workload pair (with its provider), a quota, or a request field. */
  readonly resource: string;
  /** Absent where it is about all steps. */
  readonly step?: number;
  /**
   * USD over the step that one `unit` more (of `demand`: less) saves while the same ones bind: its dual in the linear
   * programme in which units need not be whole.
   */
  readonly savesUsd: number;
  /** E.g. `unit`, `percentage point`, `requests/s`. */
  readonly unit: string;
}

/** Fallbacks that are part of a plan's hash, and what they may cost. */
export interface DeclaredFallbacks {
  readonly targets: readonly { readonly targetId: string; readonly fallbacks: readonly string[] }[];
  /** Most `cost.hourlyUsdAfter` may come to with fallbacks in use. */
  readonly ceilingHourlyUsd: number;
}

/** A target that got less than its floor, because the vendor has no room for it. */
export interface Shortage {
  readonly targetId: string;
  readonly step: number;
  /** Its floor until then. */
  readonly floorUnits: number;
  /** What it keeps: what it serves, and not less than before the run. */
  readonly keptUnits: number;
  /** What it served when that was decided, by a vendor read; null where the vendor did not say. */
  readonly servingUnits: number | null;
}

/** How a plan follows from an earlier one: others stand in for what ran short. */
export interface StandIn {
  /** Hash of the plan before. */
  readonly replaces: string;
  /** 2 for the first one after the plan of phase 3. */
  readonly generation: number;
  /** Of all generations, oldest first. */
  readonly shortages: readonly Shortage[];
}

/** Constraints that no plan keeps together, and what it would take. */
export interface Conflict {
  /** None of them can be left out: without it the others can be kept. */
  readonly constraints: readonly Infeasibility['constraint'][];
  /** What giving up each of them would take, the cheapest plan first; `seasonUsd` is what that plan adds. */
  readonly relaxations: readonly {
    readonly constraint: Infeasibility['constraint'];
    readonly seasonUsd: number;
    /** What to change and by how much. */
    readonly text: string;
  }[];
  readonly text: string;
}

/** Why no plan serves the request: the constraint and by how much it is missed. */
export interface Infeasibility {
  readonly constraint:
    | 'residency'
    | 'maximumUnits'
    | 'survival'
    | 'latency'
    | 'providerShare'
    | 'hourlyBudget'
    | 'seasonBudget'
    | 'quota';
  /** What it is about: a target, a market/workload pair, the request field, or service, code and region of a quota. */
  readonly resource: string;
  /** How much is missing. */
  readonly shortfall: number;
  /** Unit of `shortfall`, e.g. `USD/h`, `requests/s`, `units`. */
  readonly unit: string;
  /** A sentence that names the constraint, the shortfall and what to change. */
  readonly message: string;
  /** Of a `quota`: the vendor's names of it and the figures behind the shortfall, in `unit`. */
  readonly quota?: {
    readonly code: string;
    readonly title: string;
    readonly quotaService: string;
    readonly region: string;
    readonly limit: number;
    /** Taken now, by everything in the account. */
    readonly used: number;
    /** What the plan adds at most. */
    readonly needed: number;
    /** The limit that would do. */
    readonly desired: number;
  };
}
