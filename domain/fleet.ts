import type { WeddingPhase } from './distribution/wedding-shape.ts';
import type { MachineClass } from './owned-fields.ts';
import type { ProviderId } from './providers.ts';

/** A country or area whose weddings are counted together. */
export interface Market {
  /** Stable id, e.g. `gb`. */
  readonly id: string;
  readonly name: string;
  /** IANA zone used where a booking gives none. */
  readonly timeZone: string;
  /** Regions allowed to hold this market's data and traffic (residency). Binds targets, weights, fallbacks. */
  readonly allowedRegions: readonly string[];
  /** Weddings its owner expects in a year, from which bookings still to come are estimated too. Default 0, no opinion. */
  readonly weddingsPerYear?: number;
}

/** How requests of a workload wait for a unit; without it a unit is simply filled to the planned utilization. */
export type Queueing =
  | { readonly kind: 'none' }
  | {
      /** Square-root staffing (Halfin and Whitt), or Erlang C (M/M/c), which is exact for few servers. */
      readonly kind: 'squareRoot' | 'erlangC';
      /** Share of requests that may have to wait, above 0 and below 1. Default 0.2. */
      readonly delayProbability?: number | undefined;
      /** Requests one unit serves at the same time. Default 1. */
      readonly serversPerUnit?: number | undefined;
    };

/** Demand of one workload that demand of another causes, e.g. database queries per request. */
export interface Coupling {
  /** Workload id whose demand causes it. */
  readonly from: string;
  /** Workload id it is added to. Couplings never lead back to where they began. */
  readonly to: string;
  /** Units of demand of `to` per unit of demand of `from`; above 0. */
  readonly demandPerDemand: number;
}

/** What users load, with a demand in its own unit per second. */
export interface Workload {
  /** Stable id, e.g. `api`, `uploads`, `gallery`, `live-stream`. */
  readonly id: string;
  /** What one unit of demand is, e.g. `requests`, `uploads`, `streams`. */
  readonly unit: string;
  /** Demand in `unit` per second caused by one concurrent user. */
  readonly demandPerUser: number;
  /** The same in a phase of a wedding, where it differs, e.g. uploads the day after. Default `demandPerUser`. */
  readonly demandPerUserByPhase?: Readonly<Partial<Record<WeddingPhase, number>>>;
  /** How requests wait for a unit. Default `{ kind: 'none' }`. */
  readonly queueing?: Queueing;
  /** Counts only bookings with a live stream when true. Default false. */
  readonly liveStreamOnly?: boolean;
  /** GB that leave a cell for its guests with one unit of demand; their price is part of what is cheapest. Default 0. */
  readonly egressGbPerUnit?: number;
  /** Longest round trip between a market's guests and a cell that carries them, in milliseconds. Default no limit. */
  readonly maximumRoundTripMs?: number;
}

/** Where the load of a target is read before capacity is taken away. */
export type LoadSource =
  | { readonly kind: 'observations' }
  /** An instant query that yields one number in the workload's unit per second. */
  | { readonly kind: 'prometheus'; readonly query: string };

/** One thing that can be scaled. */
export interface ScalingTarget {
  /** Stable id, unique in the fleet, e.g. `aws.ecs/eu-west-1/gallery`. */
  readonly id: string;
  /** Service id `cloud.service`, e.g. `aws.ecs`; see services.ts. */
  readonly service: string;
  readonly region: string;
  /** The vendor's names; which keys is said per service in services.ts, e.g. `{ cluster, service }`. */
  readonly reference: Readonly<Record<string, string>>;
  readonly workload: string;
  /** Markets this target serves; at least one. */
  readonly markets: readonly string[];
  /** Demand one unit carries, in the workload's unit per second. */
  readonly capacityPerUnit: number;
  readonly maximumUnits: number;
  /** Zones its units are spread over evenly, 2 or more: with one lost the rest carries the demand. Default no claim. */
  readonly zones?: number;
  /**
   * Price of a unit in USD per hour; where `spotPercent` is given, of one that is not interruptible. A file may leave it
   * out where `instanceType` is given; then it is looked up (pricing.ts).
   */
  readonly hourlyUsdPerUnit: number;
  /** What a unit is, by the vendor's name: a machine type, a database class or a cache node type. */
  readonly instanceType?: string;
  /** Engine of a database class or cache node type, e.g. `aurora-postgresql`, `redis`; prices differ by it. */
  readonly engine?: string;
  /** Where prices that the file left out are from; never in a file. */
  readonly price?: {
    /** Day they were read at the vendor, `YYYY-MM-DD`. */
    readonly asOf: string;
    readonly source: string;
    readonly of: readonly ('hourlyUsdPerUnit' | 'spotHourlyUsdPerUnit')[];
  };
  /** Its failure fails and rolls back the run. Default false. */
  readonly critical: boolean;
  /** Nothing later in its cell's order is touched before it has settled. Default false. */
  readonly requiresStabilization: boolean;
  /** How long before its claim begins capacity is asked for, in minutes of service time. */
  readonly leadTimeMinutes: number;
  readonly loadSource: LoadSource;
  /** Whether an autoscaler owns the count (then its minimum is what we set). */
  readonly autoscaled: boolean;
  /** Which of the service's levers is moved; see services.ts. Default its first. */
  readonly lever?: string;
  /** Rungs of a machine-class lever, by ascending units; the class in use today must be one of them. */
  readonly classes?: readonly MachineClass[];
  /** Whether a change may interrupt the service; a lever that does is refused without. Default false. */
  readonly mayInterrupt?: boolean;
  /** Share of the units that may be interruptible (spot), 0 to 100, where the service has such a setting. */
  readonly spotPercent?: number;
  /** Price of an interruptible unit; needed with `spotPercent`, and looked up like `hourlyUsdPerUnit`. */
  readonly spotHourlyUsdPerUnit?: number;
  /** Part of the interruptible units that is counted as interrupted at the peak, 0 to 100. Default 0. */
  readonly spotInterruptedPercent?: number;
  /**
   * Targets of the same workload that stand in where the vendor has no room for this one, in this order: another zone
   * or machine type, another region, another provider. Default none.
   */
  readonly fallbacks?: readonly string[];
  /** The planner's assumption of what runs today, in units; a live value that differs is reported as drift. */
  readonly baselineUnits: number;
}

/** One weighted answer of a record set: the way to one cell. */
export interface RecordEntry {
  readonly setIdentifier: string;
  readonly provider: ProviderId;
  readonly region: string;
  /** The record's value, e.g. an IPv4 address. */
  readonly value: string;
  /** Vendor id of the health check behind this entry, where there is one. */
  readonly healthCheckId?: string;
}

/** A weighted DNS record set over cells; a target like any other, with weights for floors. */
export interface RecordSet {
  /** Stable id, e.g. `aws.route53/gallery.example.org`. */
  readonly id: string;
  readonly service: 'aws.route53';
  readonly zoneId: string;
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly ttlSeconds: number;
  /** Weights follow the settled capacity of this workload's targets, per cell. */
  readonly workload: string;
  readonly entries: readonly RecordEntry[];
}

/** How bookings become users; every figure is the fleet owner's assumption and is shown in explanations. */
export interface DemandModel {
  /** Weddings each booking of the file stands for (1 for a full book of business; more for a sample of it). */
  readonly weddingsPerBooking: number;
  /** Concurrent users one guest causes at the height of the party. */
  readonly usersPerGuest: number;
  /** Further concurrent viewers per guest where the wedding has a live stream. */
  readonly viewersPerGuest: number;
  /** Multiplier on users by tier; a tier not named counts 1. */
  readonly tierFactor: Readonly<Record<string, number>>;
  /** How bookings come in, so that those not yet made can be expected. Default `market`: as is usual in each market. */
  readonly bookingCurve?: BookingCurveSetting;
  /** Coefficient of variation of a wedding's users about what its guests say. Default 0.3. */
  readonly turnoutSpread?: number;
  /**
   * What an hour without service costs for one concurrent user, in USD by tier; the dearest decides how much demand
   * is made ready. Default 0.25 USD, whatever the tier.
   */
  readonly unservedUsdPerUserHour?: Readonly<Record<string, number>>;
  /** Relative standard deviation of `demandPerUser` as stated, before anything was observed. Default 0.1. */
  readonly demandPerUserDeviation?: number;
}

/**
 * `market`: the curve of each market; `none`: bookings in hand are all there will be; or one curve for all markets, half
 * of whose bookings are made `medianLeadDays` before the day (`shape` as in `BookingCurve`, default 2).
 */
export type BookingCurveSetting =
  | 'market'
  | 'none'
  | { readonly medianLeadDays: number; readonly shape?: number };

/** The declared inventory. */
export interface Fleet {
  readonly name: string;
  /** Day the prices that the file states were read, `YYYY-MM-DD`; said with every cost. */
  readonly priceDate: string;
  readonly markets: readonly Market[];
  readonly workloads: readonly Workload[];
  readonly demandModel: DemandModel;
  readonly targets: readonly ScalingTarget[];
  readonly recordSets: readonly RecordSet[];
  /** Demand that workloads cause on each other, beyond what users cause. Default none. */
  readonly couplings?: readonly Coupling[];
}

/** Provider × region. */
export interface CellKey {
  readonly provider: ProviderId;
  readonly region: string;
}

/**
 * Price of a unit in USD per hour: interruptible and other units mixed by the target's declared share.
 * `(1 - s) × hourlyUsdPerUnit + s × spotHourlyUsdPerUnit` with s = `spotPercent` / 100.
 */
export function unitPrice(
  target: Pick<ScalingTarget, 'hourlyUsdPerUnit' | 'spotPercent' | 'spotHourlyUsdPerUnit'>,
): number {
  const { hourlyUsdPerUnit, spotPercent = 0, spotHourlyUsdPerUnit = hourlyUsdPerUnit } = target;
  const share = spotPercent / 100;
  return (1 - share) * hourlyUsdPerUnit + share * spotHourlyUsdPerUnit;
}

/**
 * Demand per second that a unit carries on average: a part of the interruptible ones counts as gone.
 * `capacityPerUnit × (1 - s × i)` with s = `spotPercent` / 100 and i = `spotInterruptedPercent` / 100.
 */
export function dependableCapacity(
  target: Pick<ScalingTarget, 'capacityPerUnit' | 'spotPercent' | 'spotInterruptedPercent'>,
): number {
  const { capacityPerUnit, spotPercent = 0, spotInterruptedPercent = 0 } = target;
  return capacityPerUnit * (1 - (spotPercent / 100) * (spotInterruptedPercent / 100));
}

/** The provider part of a service id: `aws` for `aws.ecs`. */
export function providerOf(service: string): ProviderId {
  return service.slice(0, service.indexOf('.')) as ProviderId;
}

/** Canonical text of a cell, e.g. `aws/eu-west-1`. */
export function cellId(cell: CellKey): string {
  return `${cell.provider}/${cell.region}`;
}

/** The cell a target lies in. */
export function cellOf(target: Pick<ScalingTarget, 'service' | 'region'>): CellKey {
  return { provider: providerOf(target.service), region: target.region };
}

/** The cells targets lie in, each once, by their ids. */
export function cellsOf(targets: readonly Pick<ScalingTarget, 'service' | 'region'>[]): readonly CellKey[] {
  const cells = new Map(targets.map((target) => [cellId(cellOf(target)), cellOf(target)]));
  return [...cells].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell);
}
