import type { OwnedFields } from './owned-fields.ts';
import type { ProviderId } from './providers.ts';

/**
 * What is known of a scalable service without loading its SDK. Docs, API schema, connection test, limiter,
 * planner and tests read it; nothing of it is said anywhere else.
 */
export interface ServiceDescriptor {
  /** `cloud.service`, e.g. `aws.ecs`; the scaler's file is `activities/scalers/<cloud>/<service>.ts`. */
  readonly id: string;
  readonly provider: ProviderId;
  /** Vendor's own name, for people. */
  readonly title: string;
  /** Whether the vendor refuses a write by what was seen (`fenced`) or we read before and after (`read-back`). */
  readonly protection: 'fenced' | 'read-back';
  /** Least permissions, in the vendor's own words. */
  readonly permissions: readonly Permission[];
  /** What discovery needs beyond them, all reads, may be nothing; absent where the service is not discoverable. */
  readonly discoveryPermissions?: readonly string[];
  /** What can be moved; the first is a target's default. */
  readonly levers: readonly Lever[];
  /** Vendor quotas that bound what can be asked for; empty where the vendor counts nothing beyond the lever's maximum. */
  readonly quotas: readonly Quota[];
}

/** One permission and what it is for; a connection test tries `read` ones by a call. */
export interface Permission {
  readonly name: string;
  readonly verb: 'read' | 'write';
}

/** One thing of a service that can be moved. */
export interface Lever {
  /** Word a target names it by, e.g. `readers`. */
  readonly id: string;
  /** What one unit is, singular, e.g. `task`. */
  readonly unitName: string;
  /** Keys a target's `reference` must have. */
  readonly referenceFields: readonly string[];
  /** Kinds of owned fields it reads and sets. */
  readonly kinds: readonly OwnedFields['kind'][];
  /** `always` or `never` autoscaled, or as the target says (`either`). */
  readonly autoscaled: 'always' | 'never' | 'either';
  /**
   * `reversible`: given back at will. `rate-limited`: given back, as often as the vendor allows.
   * `committed`: never given back; done last, after approval, and named.
   */
  readonly reversibility: 'reversible' | 'rate-limited' | 'committed';
  /** One write is several calls, so that one that broke off leaves a count on the way. Default false. */
  readonly stepwise?: boolean;
  /** A change interrupts the service; refused unless the target's `mayInterrupt` says that it may. */
  readonly interrupts: boolean;
  /** Takes a `spotPercent`. */
  readonly spot: boolean;
  /** Vendor's own ceiling on units of one resource, and where that is said. */
  readonly vendorMaximumUnits: { readonly units: number; readonly source: string };
  /** Typical and 95th percentile minutes from accepted to serving. */
  readonly provisioningMinutes: { readonly typical: number; readonly p95: number; readonly source: string };
  /** Settings that are ours while a claim lives; a tool that owns them too must be told to leave them. */
  readonly ownedSettings: OwnedSettings;
}

/** What to write into Terraform and Argo CD so that neither fights a claim. */
export interface OwnedSettings {
  /** Terraform resource and the attributes for its `ignore_changes`, per kind of owned fields. */
  readonly terraform: readonly {
    readonly resource: string;
    readonly ignoreChanges: readonly string[];
    readonly when: 'autoscaled' | 'not autoscaled' | 'always';
  }[];
  /** Argo CD `ignoreDifferences` entries: group, kind and JSON pointers. Empty where no manifest has the field. */
  readonly argoCd: readonly {
    readonly group: string;
    readonly kind: string;
    readonly jsonPointers: readonly string[];
  }[];
}

/** A quota of a vendor, per account and region. */
export interface Quota {
  /** The vendor's code, e.g. `L-1216C47A`. */
  readonly code: string;
  /** The vendor's own name of it. */
  readonly title: string;
  /** The service the vendor files it under, e.g. `ec2`. */
  readonly quotaService: string;
  /** Levers it binds. */
  readonly levers: readonly string[];
  /** What the vendor gives a new account, where no reading is at hand; null where that differs by account. */
  readonly defaultLimit: number | null;
  readonly source: string;
}

/** The lever a target moves. @returns undefined for a name the service does not have. */
export function leverOf(
  service: ServiceDescriptor,
  target: { readonly lever?: string | undefined },
): Lever | undefined {
  return target.lever === undefined
    ? service.levers[0]
    : service.levers.find((lever) => lever.id === target.lever);
}
