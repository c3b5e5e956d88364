import type { ProviderId } from './providers.ts';

/** The seven phases of a run, in order. Users and dashboards know these names. */
export const PHASES = [
  'distribution-analysis',
  'regional-requirements',
  'cross-cloud-allocation',
  'provider-scaling',
  'traffic-routing',
  'monitoring-setup',
  'health-checks',
] as const;

/** One of {@link PHASES}. */
export type PhaseName = (typeof PHASES)[number];

/** What a run is; the workflow of the same name carries it out. */
export type RunKind = 'season' | 'weddingDay';

/** An alert put on the monitoring platforms for the time of the run. */
export interface AlertRule {
  readonly name: string;
  /** A metric of metrics.ts, e.g. `wedsync.scalability.queue_depth.current`. */
  readonly metric: string;
  readonly comparison: 'above' | 'below';
  readonly threshold: number;
  /** How long the comparison must hold, in minutes. */
  readonly forMinutes: number;
  readonly severity: 'info' | 'warning' | 'critical';
  /** Who is called, first to last, as the platform's handles, e.g. `@pagerduty-weddings`. */
  readonly escalation: readonly string[];
}

/**
 * What both kinds of run share: what to select, how well to serve, what it may cost. Every field has an
 * effect; an unknown field is refused.
 */
export interface RunSettings {
  /** Only these targets are changed; default all that serve the markets. */
  readonly targets?: readonly string[];
  /** Only targets of these providers are changed; default all. */
  readonly providers?: readonly ProviderId[];
  readonly performanceTargets: {
    /** Share of a unit's capacity planned to be used at the peak, 10 to 100. Default 70. */
    readonly utilizationPercent: number;
    /**
     * Share of all cases in which an hour's demand is to be carried, 50 to 99.9: the quantile of its distribution.
     * Default what the costs of unserved and idle capacity say.
     */
    readonly servedPercent?: number;
  };
  readonly performanceRequirements: {
    /** Most of a market's load per workload that one provider may carry, 1 to 100. Default 100. */
    readonly maximumProviderSharePercent: number;
    /**
     * N-1: capacity is planned so that the loss of any one of these leaves `promisedSharePercent` of every market's
     * demand carried. Default `none`.
     */
    readonly survivesLossOf?: 'none' | 'provider' | 'region';
    /** Part of the demand that is still carried after such a loss, 1 to 100. Default 100. */
    readonly promisedSharePercent?: number;
    /** Service time after which an unsettled target has failed, in minutes; default max(30, 3 × lead time). */
    readonly settleDeadlineMinutes?: number;
  };
  readonly costConstraints: {
    /** Most the targets of the plan may cost in any hour, baseline included, in USD. Default no limit. */
    readonly maximumHourlyUsd?: number;
    /** Most that what the plan adds may cost over the whole window, in USD. Default no limit. */
    readonly maximumSeasonUsd?: number;
    /**
     * Most that declared fallbacks may add per hour to what the plan costs, in USD. Default what it costs when every
     * target with a fallback is carried by its dearest one.
     */
    readonly maximumFallbackHourlyUsd?: number;
    /** A plan that adds more than this per hour waits for approval. Default never waits. */
    readonly approvalAboveHourlyUsd?: number;
    /** Service time an approval may take before the run fails with `ApprovalExpired`. Default 240. */
    readonly approvalExpiresAfterMinutes: number;
  };
  readonly complianceRequirements: {
    /** Regions this run may not use for a market, beyond the fleet's residency. Default none. */
    readonly excludedRegions: readonly string[];
  };
  readonly traffic: {
    /** Largest move of the way from old to new weights at a time, 1 to 100. Default 25. */
    readonly stepPercent: number;
    /** Service time between two moves, in seconds. Default 60. */
    readonly dwellSeconds: number;
  };
  readonly monitoringStrategy: {
    /** Platforms that get metrics, dashboard and alert rules. Default `['datadog']`; may be empty. */
    readonly platforms: readonly 'datadog'[];
    /** Whether the dashboard is put up. Default true. */
    readonly dashboard: boolean;
  };
  readonly alertingRules: readonly AlertRule[];
  readonly release: {
    /** Load allowed on what remains before capacity is taken away, in per cent of its capacity. Default 60. */
    readonly maximumLoadPercent: number;
    /** How long load must stay below that, in minutes of service time. Default 10. */
    readonly dwellMinutes: number;
    /** After this long a closed gate is put before a person, in minutes of service time. Default 120. */
    readonly askAfterMinutes: number;
  };
  /** What happens to capacity already there when a critical service fails. Default `restore`. */
  readonly onFailure: 'restore' | 'keep-capacity';
  /** Further lead beyond each target's own, in minutes of service time. Default 0. */
  readonly additionalLeadMinutes: number;
}

/** Body of `POST /api/scaling/seasons` after defaults. */
export interface SeasonRequest extends RunSettings {
  readonly season: {
    /** Caller's id, e.g. `gb-summer-2027`; past seasons of the same id inform phase 2. */
    readonly id: string;
    readonly name: string;
    /** Begin of the window, local time of `timeZone`, `YYYY-MM-DDTHH:mm`. */
    readonly startsAt: string;
    readonly endsAt: string;
    /** IANA zone. */
    readonly timeZone: string;
    /** Market ids whose bookings select the window's targets; at least one. */
    readonly markets: readonly string[];
    /** Length of one step of the plan, in days. Default 7. */
    readonly stepDays: number;
  };
}

/** Body of `POST /api/scaling/wedding-days` after defaults: one wedding or all weddings of one day. */
export interface WeddingDayRequest extends RunSettings {
  readonly weddingDay: {
    /** Caller's id of the day. */
    readonly id: string;
    /** Local date of the weddings, `YYYY-MM-DD`. */
    readonly date: string;
    readonly timeZone: string;
    readonly markets: readonly string[];
    /** Only this booking, default all of the day. */
    readonly bookingId?: string;
    /** Capacity is ready this long before the first event and kept this long after the last, in minutes. Default 60. */
    readonly bufferMinutes: number;
  };
}

/** What a run was asked for. */
export type RunRequest =
  | { readonly kind: 'season'; readonly request: SeasonRequest }
  | { readonly kind: 'weddingDay'; readonly request: WeddingDayRequest };

/** Markets a run is asked for. */
export function marketsOf(run: RunRequest): readonly string[] {
  return run.kind === 'season' ? run.request.season.markets : run.request.weddingDay.markets;
}
