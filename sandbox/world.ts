import type { Faults } from './faults.ts';
import type { Ledger } from './ledger.ts';

/** A thing at a vendor that can be scaled, apart from any protocol. */
export interface Resource {
  /** `service/region/` and the reference values in the service's own order. */
  key: string;
  vendor: 'aws' | 'gcp' | 'azure' | 'kubernetes';
  service: string;
  lever: string;
  region: string;
  reference: Record<string, string>;
  autoscaled: boolean;
  /** Null where nothing bounds the units: neither an autoscaler nor a group's own range. */
  minimumUnits: number | null;
  maximumUnits: number | null;
  desiredUnits: number;
  servingUnits: number;
  /** Share that must not be interruptible, 0 to 100; null where the resource has no such setting. */
  onDemandPercent: number | null;
  /** Machine class asked for and the one that serves; null for a resource without one. */
  className: string | null;
  servingClassName: string | null;
  /** Grows on every accepted change of settings; protocols build ETag or resourceVersion from it. */
  version: number;
  /** More than this is refused with the vendor's quota error; null for no limit. */
  quotaUnits: number | null;
  /** Service time from accepted to serving. */
  provisioningSeconds: number;
  /** How fast units are made on top of that; absent for no such limit. */
  unitsPerMinute?: number;
  /** New units serve only when all of them are there. */
  allAtOnce?: boolean;
  /** Until then, in service milliseconds, the resource is provisioning; some vendors refuse writes meanwhile. */
  busyUntilMs: number;
  /** What a protocol keeps besides. */
  attributes: Record<string, unknown>;
}

/** Who calls what; part of every ledger entry and matched by fault rules. */
export interface CallContext {
  vendor: string;
  service: string;
  operation: string;
  region: string;
  caller: string;
  key: string | null;
  resourceKey?: string;
}

/** Settings a protocol may change. */
export interface Change {
  minimumUnits?: number;
  maximumUnits?: number;
  desiredUnits?: number;
  onDemandPercent?: number;
  className?: string;
  attributes?: Record<string, unknown>;
}

/** Why the world refuses a change; the protocol says it in its vendor's words. */
export class WorldError extends Error {
  readonly reason: 'quota' | 'capacity';
  constructor(reason: 'quota' | 'capacity', message: string) {
    super(message);
    this.reason = reason;
  }
}

/** All resources and the one way to change them. */
export interface World {
  readonly resources: Map<string, Resource>;
  add(resource: Resource): void;
  find(service: string, match: Record<string, string>, region?: string, lever?: string): Resource | undefined;
  /** Changes settings, enters the ledger, starts provisioning. @throws WorldError */
  change(resource: Resource, change: Change, call: CallContext): void;
  /** Leaves so many units serving, whatever is wanted, until the next change of settings. */
  lose(resource: Resource, servingUnits: number): void;
  /** Lets provisioning that is stuck go on to its end, as when a vendor has mended it. */
  resume(resource: Resource): void;
  /** Brings serving units and the autoscalers' own moves up to now. */
  tick(): void;
  nowMs(): number;
  /** Runs a read against the settings before each resource's last change. */
  withStale<T>(read: () => T): T;
  clear(): void;
  /** Everything of it as plain data, and back. */
  snapshot(): WorldSnapshot;
  restore(snapshot: WorldSnapshot): void;
}

/** A world as plain data. */
export interface WorldSnapshot {
  readonly resources: readonly Resource[];
  /** What moves, by resource key. */
  readonly sidecars: readonly (readonly [key: string, sidecar: unknown])[];
}

/** How long an autoscaler takes to notice a new minimum, in service milliseconds; assumed. */
const AUTOSCALER_DELAY_MS = 1_000;

interface Motion {
  fromUnits: number;
  toUnits: number;
  startMs: number;
  durationMs: number;
  /** Share of the way after which nothing more comes; 1 for all of it. */
  upTo: number;
}

interface Sidecar {
  motion: Motion | null;
  autoscaleAtMs: number | null;
  previous: Pick<
    Resource,
    | 'minimumUnits'
    | 'maximumUnits'
    | 'desiredUnits'
    | 'onDemandPercent'
    | 'className'
    | 'servingUnits'
    | 'version'
  > | null;
}

/** A resource nothing has happened to. */
const STILL: Sidecar = { motion: null, autoscaleAtMs: null, previous: null };

/** @param nowMs service time now. */
export function createWorld(nowMs: () => number, ledger: Ledger, faults: Faults): World {
  const resources = new Map<string, Resource>();
  const sidecars = new Map<string, Sidecar>();
  /** Keys of what time may change: every call brings the world up to now, and most of a large one stands still. */
  const moving = new Set<string>();

  function sidecar(resource: Resource): Sidecar {
    const known = sidecars.get(resource.key);
    if (known) return known;
    const fresh = { motion: null, autoscaleAtMs: null, previous: null };
    sidecars.set(resource.key, fresh);
    return fresh;
  }

  function provision(resource: Resource, atMs: number, call: CallContext): void {
    const side = sidecar(resource);
    const fault = faults.next({ ...call, resourceKey: resource.key }, 'provision');
    const slow = fault?.kind === 'slowProvisioning' ? (fault.fraction ?? 10) : 1;
    const upTo = fault?.kind === 'stuckProvisioning' ? (fault.fraction ?? 0.6) : 1;
    const growing = resource.desiredUnits > resource.servingUnits;
    const replacing = resource.className !== resource.servingClassName;
    const making = growing
      ? (resource.desiredUnits - resource.servingUnits) /
        (resource.unitsPerMinute ?? Number.POSITIVE_INFINITY)
      : 0;
    const seconds = resource.provisioningSeconds + making * 60;
    const durationMs = growing || replacing ? seconds * 1000 * slow : 0;
    side.motion = {
      fromUnits: resource.servingUnits,
      toUnits: resource.desiredUnits,
      startMs: atMs,
      durationMs,
      upTo,
    };
    moving.add(resource.key);
    resource.busyUntilMs = upTo < 1 ? Number.POSITIVE_INFINITY : atMs + durationMs;
  }

  function settings(resource: Resource) {
    const { minimumUnits, maximumUnits, desiredUnits, onDemandPercent, className } = resource;
    return {
      minimumUnits,
      maximumUnits,
      desiredUnits,
      ...(onDemandPercent !== null && { onDemandPercent }),
      ...(className !== null && { className }),
    };
  }

  function enter(resource: Resource, call: CallContext, before: unknown, after: unknown): void {
    const { vendor, service, region, operation, caller, key } = { ...call, ...pick(resource) };
    ledger.append({ vendor, service, operation, region, resource: resource.key, caller, key, before, after });
  }

  function autoscale(resource: Resource, atMs: number): void {
    const low = resource.minimumUnits ?? 0;
    const high = resource.maximumUnits ?? Number.POSITIVE_INFINITY;
    const desired = Math.min(high, Math.max(low, resource.desiredUnits));
    if (desired === resource.desiredUnits) return;
    const before = settings(resource);
    resource.desiredUnits = desired;
    const call = { ...pick(resource), operation: 'autoscale', caller: 'autoscaler', key: null };
    enter(resource, call, before, settings(resource));
    provision(resource, atMs, call);
  }

  function advance(resource: Resource, now: number): void {
    const side = sidecar(resource);
    if (side.autoscaleAtMs !== null && now >= side.autoscaleAtMs) {
      const atMs = side.autoscaleAtMs;
      side.autoscaleAtMs = null;
      autoscale(resource, atMs);
    }
    const { motion } = side;
    if (!motion) return;
    const way = motion.durationMs === 0 ? 1 : Math.min(1, (now - motion.startMs) / motion.durationMs);
    const reached = Math.min(way, motion.upTo);
    const share = resource.allAtOnce && reached < 1 ? 0 : reached;
    resource.servingUnits = Math.floor(motion.fromUnits + (motion.toUnits - motion.fromUnits) * share + 1e-9);
    if (way < 1 || motion.upTo < 1) return;
    resource.servingClassName = resource.className;
    side.motion = null;
  }

  const world: World = {
    resources,
    nowMs,
    add(resource) {
      resources.set(resource.key, resource);
      sidecars.delete(resource.key);
      moving.delete(resource.key);
    },
    find(service, match, region, lever) {
      world.tick();
      const wanted = Object.entries(match);
      for (const resource of resources.values()) {
        if (resource.service !== service || (region !== undefined && resource.region !== region)) continue;
        if (lever !== undefined && resource.lever !== lever) continue;
        if (wanted.every(([name, value]) => resource.reference[name] === value)) return resource;
      }
      return undefined;
    },
    change(resource, change, call) {
      world.tick();
      const asked = Math.max(change.minimumUnits ?? 0, change.desiredUnits ?? 0);
      if (resource.quotaUnits !== null && asked > resource.quotaUnits) {
        throw new WorldError('quota', `${resource.key} may have at most ${resource.quotaUnits} units`);
      }
      const { attributes, ...settingsAsked } = change;
      const before = settings(resource);
      const after = { ...before, ...settingsAsked };
      const changed = JSON.stringify(before) !== JSON.stringify(after);
      if (changed || attributes) {
        sidecar(resource).previous = {
          ...before,
          onDemandPercent: resource.onDemandPercent,
          className: resource.className,
          servingUnits: resource.servingUnits,
          version: resource.version,
        };
        resource.version += 1;
      }
      Object.assign(resource, settingsAsked);
      if (attributes) Object.assign(resource.attributes, attributes);
      enter(resource, call, before, after);
      const moves = before.desiredUnits !== resource.desiredUnits || before.className !== after.className;
      if (moves) {
        provision(resource, nowMs(), call);
      }
      if (resource.autoscaled) {
        sidecar(resource).autoscaleAtMs = nowMs() + AUTOSCALER_DELAY_MS;
        moving.add(resource.key);
      }
    },
    lose(resource, servingUnits) {
      world.tick();
      sidecar(resource).motion = null;
      resource.servingUnits = servingUnits;
    },
    resume(resource) {
      world.tick();
      const { motion } = sidecar(resource);
      if (!motion) return;
      motion.upTo = 1;
      resource.busyUntilMs = motion.startMs + motion.durationMs;
    },
    tick() {
      const now = nowMs();
      for (const key of moving) {
        const resource = resources.get(key);
        if (resource) advance(resource, now);
        const { motion, autoscaleAtMs } = sidecars.get(key) ?? STILL;
        if (motion === null && autoscaleAtMs === null) moving.delete(key);
      }
    },
    withStale(read) {
      // What falls due now happens first: it must not be lost with the old settings.
      world.tick();
      const restore = [...resources.values()].map((resource) => ({ resource, now: { ...resource } }));
      for (const { resource } of restore) Object.assign(resource, sidecar(resource).previous ?? {});
      try {
        return read();
      } finally {
        for (const { resource, now } of restore) Object.assign(resource, now);
      }
    },
    clear() {
      resources.clear();
      sidecars.clear();
      moving.clear();
    },
    snapshot: () => ({ resources: [...resources.values()], sidecars: [...sidecars] }),
    restore(snapshot) {
      for (const resource of snapshot.resources) resources.set(resource.key, resource);
      for (const [key, side] of snapshot.sidecars) {
        sidecars.set(key, side as Sidecar);
        moving.add(key);
      }
    },
  };
  return world;
}

function pick(resource: Resource): Pick<CallContext, 'vendor' | 'service' | 'region'> {
  return { vendor: resource.vendor, service: resource.service, region: resource.region };
}
