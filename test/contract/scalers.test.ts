import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { type CallGuard, UNGUARDED } from '../../activities/calls/call-guard.ts';
import { UNCACHED } from '../../activities/calls/read-cache.ts';
import { scalerRegistry } from '../../activities/scalers/registry.ts';
import { resourceKey } from '../../cli/demo/chaos.ts';
import { limitOf, type VendorCall } from '../../domain/api-limits.ts';
import type { VendorConnection } from '../../domain/connection.ts';
import { ProviderError } from '../../domain/errors.ts';
import { providerOf, type ScalingTarget } from '../../domain/fleet.ts';
import {
  ceilingOf,
  floorOf,
  type MachineClass,
  type OwnedFields,
  sameOwned,
} from '../../domain/owned-fields.ts';
import type { Scaler, TargetState } from '../../domain/scaler.ts';
import type { Lever } from '../../domain/service-descriptor.ts';
import { SERVICES, serviceDescriptor } from '../../domain/services.ts';
import { type SandboxProcess, startSandbox } from '../support/sandbox.ts';

/** What a lever is tried with; numbers are units. */
interface LeverCase {
  /** Reference of the n-th resource. */
  readonly reference: (n: number) => Readonly<Record<string, string>>;
  /** What there is, and the autoscaler's maximum, before anything is asked. */
  readonly start: number;
  readonly ceiling: number;
  /** A floor, and a higher one past the ceiling. */
  readonly floor: number;
  readonly high: number;
  /** What a person sets meanwhile. */
  readonly person: number;
  /** What the account may have, and a floor above it. */
  readonly quota: number;
  readonly tooMuch: number;
  /** The target's own maximum. */
  readonly maximum: number;
  /** Rungs, where the lever is a machine class: one for each of the numbers above. */
  readonly classes?: readonly MachineClass[];
}

const UNITS = {
  start: 3,
  ceiling: 10,
  floor: 8,
  high: 20,
  person: 4,
  quota: 30,
  tooMuch: 40,
  maximum: 100,
} as const;

const instanceClasses = [
  { name: 'db.r6g.large', units: 3 },
  { name: 'db.r6g.xlarge', units: 4 },
  { name: 'db.r6g.2xlarge', units: 8 },
  { name: 'db.r6g.4xlarge', units: 20 },
];

const nodeTypes = [
  { name: 'cache.r7g.large', units: 3 },
  { name: 'cache.r7g.xlarge', units: 4 },
  { name: 'cache.r7g.2xlarge', units: 8 },
  { name: 'cache.r7g.4xlarge', units: 20 },
];

/** Every lever of every service, by `service lever`; one that is added needs a line here. */
const CASES: Readonly<Record<string, LeverCase>> = {
  'aws.asg instances': { ...UNITS, reference: (n) => ({ group: `api-${n}` }) },
  'aws.ecs tasks': { ...UNITS, reference: (n) => ({ cluster: 'weddings', service: `api-${n}` }) },
  'aws.eks nodes': { ...UNITS, reference: (n) => ({ cluster: 'weddings', nodegroup: `api-${n}` }) },
  'aws.elasticache replicas': {
    reference: (n) => ({ replicationGroup: `weddings-${n}` }),
    ...{ start: 1, ceiling: 2, floor: 3, high: 5, person: 2, quota: 4, tooMuch: 5, maximum: 5 },
  },
  'aws.elasticache shards': { ...UNITS, reference: (n) => ({ replicationGroup: `weddings-${n}` }) },
  'aws.elasticache node-type': {
    ...UNITS,
    reference: (n) => ({ replicationGroup: `weddings-${n}` }),
    classes: nodeTypes,
  },
  'aws.lambda provisioned-concurrency': {
    ...UNITS,
    reference: (n) => ({ function: `api-${n}`, qualifier: 'live' }),
  },
  'aws.rds readers': {
    reference: (n) => ({ cluster: `weddings-${n}` }),
    ...{ start: 1, ceiling: 3, floor: 4, high: 8, person: 2, quota: 10, tooMuch: 12, maximum: 15 },
  },
  'aws.rds serverless-capacity': { ...UNITS, reference: (n) => ({ cluster: `weddings-${n}` }) },
  'aws.rds instance-class': {
    ...UNITS,
    reference: (n) => ({ instance: `weddings-${n}` }),
    classes: instanceClasses,
  },
  'aws.rds storage': {
    reference: (n) => ({ instance: `weddings-${n}` }),
    // Steps of 10 %, so that a floor is planned as it is.
    ...{
      start: 100,
      ceiling: 100,
      floor: 110,
      high: 134,
      person: 121,
      quota: 140,
      tooMuch: 148,
      maximum: 999,
    },
  },
  'azure.aks nodes': {
    ...UNITS,
    reference: (n) => ({
      subscriptionId: '6f1c1c6e-3d6a-4c0e-9c55-3b0f4d1f7a10',
      resourceGroup: 'weddings',
      cluster: 'weddings',
      pool: `api${n}`,
    }),
  },
  'gcp.mig instances': {
    ...UNITS,
    reference: (n) => ({ project: 'weddings', location: 'europe-west1', name: `api-${n}` }),
  },
  'kubernetes.deployment replicas': {
    ...UNITS,
    reference: (n) => ({ cluster: 'weddings', namespace: 'wedding-production', name: `count-${n}` }),
  },
  'kubernetes.hpa replicas': {
    ...UNITS,
    reference: (n) => ({ cluster: 'weddings', namespace: 'wedding-production', name: `hpa-${n}` }),
  },
};

const LEVERS = SERVICES.flatMap(({ id, levers }) =>
  levers.map((lever): [string, string, Lever] => [id, lever.id, lever]),
);

/** With and without an autoscaler, as far as a lever can be had so. */
const AUTOSCALED = { always: [true], never: [false], either: [true, false] } as const;

const REGION: Readonly<Record<string, string>> = { 'gcp.mig': 'europe-west1' };
const signal = AbortSignal.timeout(600_000);

function caseOf(service: string, lever: string): LeverCase {
  const found = CASES[`${service} ${lever}`];
  if (!found) throw new Error(`${service} ${lever} is not in the contract suite; add its line`);
  return found;
}

function targetOf(service: string, lever: Lever, n: number, autoscaled: boolean): ScalingTarget {
  const { reference, maximum, classes, start } = caseOf(service, lever.id);
  return {
    id: `${service}-${lever.id}-${n}`,
    service,
    lever: lever.id,
    region: REGION[service] ?? 'eu-west-1',
    reference: reference(n),
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 10,
    maximumUnits: maximum,
    hourlyUsdPerUnit: 0.1,
    critical: true,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled,
    ...(classes && { classes }),
    mayInterrupt: lever.interrupts,
    baselineUnits: start,
  };
}

/** What there is before anything is asked, as a kind of owned fields. */
function ownedAt(kind: OwnedFields['kind'], { start, ceiling, classes }: LeverCase): OwnedFields {
  const bounds = { minimumUnits: start, maximumUnits: ceiling };
  switch (kind) {
    case 'count':
      return { kind, units: start };
    case 'range':
      return { kind, ...bounds };
    case 'size':
      return { kind, ...bounds, units: start };
    case 'class':
      return { kind, className: classes?.[0]?.name ?? '', units: start };
  }
}

describe.each(LEVERS)('%s, %s, keeps the contract', (service, _id, lever) => {
  const units = caseOf(service, lever.id);
  let sandbox: SandboxProcess;
  let scaler: Scaler;
  let guardedBy: (guard: CallGuard) => Scaler;

  beforeAll(async () => {
    sandbox = await startSandbox({ timeScale: 6_000 });
    const entry = scalerRegistry.find((candidate) => candidate.id === service);
    const factory = await entry?.load();
    const vendor = providerOf(service);
    const connection: VendorConnection = { mode: 'sandbox', endpoint: sandbox.addresses[vendor] };
    if (!factory) throw new Error(`${service} cannot be loaded`);
    const options = { timeScale: 6_000, log: pino({ level: 'silent' }), cache: UNCACHED };
    guardedBy = (guard) => factory(connection, { ...options, guard });
    scaler = guardedBy(UNGUARDED);
  });
  afterAll(() => sandbox?.stop());

  async function world(
    autoscaled: boolean,
    count = 1,
    extra: object = {},
  ): Promise<readonly ScalingTarget[]> {
    const targets = Array.from({ length: count }, (_, n) => targetOf(service, lever, n, autoscaled));
    const bounded = autoscaled || lever.kinds.includes('size');
    const resources = targets.map(({ region, reference }) => ({
      service,
      lever: lever.id,
      region,
      reference,
      autoscaled,
      units: units.start,
      ...(units.classes && { className: rungAt(units.start) }),
      ...(bounded && { minimumUnits: units.start, maximumUnits: units.ceiling }),
      ...extra,
    }));
    await sandbox.loadWorld({ resources });
    return targets;
  }
  const rungAt = (carried: number) => units.classes?.find((rung) => rung.units >= carried)?.name;
  /** What is to be planned for a target, as a run asks it. */
  const ask = (floorUnits: number, maximumUnits = units.maximum) => {
    return { floorUnits, maximumUnits, lever: lever.id, classes: units.classes };
  };
  const liveOf = async (target: ScalingTarget) => {
    const { resources } = await sandbox.world();
    return resources.find(({ key }: { key: string }) => key === resourceKey(target));
  };
  /** Waits out what makes a vendor refuse for a moment, as a retry would. */
  const patiently = async <T>(run: () => Promise<T>): Promise<T> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await run();
      } catch (error) {
        const passing =
          error instanceof ProviderError && ['UpdateInProgress', 'Throttled'].includes(error.kind);
        if (!passing || attempt > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  /** A vendor may not say what is there while it changes it. */
  const read = (target: ScalingTarget): Promise<TargetState> =>
    patiently(async () => {
      const state = (await scaler.read([target], signal)).get(target.id);
      if (!state) throw new Error(`${target.id} was not read`);
      return state;
    });
  const raise = async (target: ScalingTarget, floorUnits: number): Promise<OwnedFields> => {
    const seen = await read(target);
    const want = scaler.plan(seen.owned, ask(floorUnits));
    await patiently(async () => scaler.apply(target, await read(target), want, crypto.randomUUID(), signal));
    return want;
  };
  const settled = async (target: ScalingTarget, want: OwnedFields) => {
    for (let poll = 0; poll < 300; poll += 1) {
      const progress = (await scaler.progress([target], new Map([[target.id, want]]), signal)).get(target.id);
      if (progress?.status === 'settled') return progress.servingUnits;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${target.id} did not settle`);
  };
  const ours = async (target: ScalingTarget) =>
    (await sandbox.ledger()).filter((e) => e.resource === resourceKey(target) && e.caller !== 'autoscaler');

  const effects = async (target: ScalingTarget) => (await ours(target)).filter((entry) => entry.effective);

  describe.each(AUTOSCALED[lever.autoscaled])('autoscaled: %s', (autoscaled) => {
    test('a floor is reached and what serves is read, not echoed', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      const want = await raise(target, units.floor);
      expect(floorOf(want)).toBe(units.floor);
      expect(await settled(target, want)).toBeGreaterThanOrEqual(units.floor);
      const live = await liveOf(target);
      if (units.classes) {
        expect(live).toMatchObject({ className: rungAt(units.floor), servingClassName: rungAt(units.floor) });
      } else {
        expect(autoscaled ? live.minimumUnits : live.desiredUnits).toBe(units.floor);
        expect(live.servingUnits).toBeGreaterThanOrEqual(units.floor);
      }
    });

    test('every request passes the guard under a known limit, which is told what a throttle is', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      const seen: { readonly call: VendorCall; readonly kind: string | undefined }[] = [];
      const guarded = guardedBy({
        run: async (call, send, understand) => {
          try {
            return await send();
          } catch (error) {
            seen.push({ call, kind: understand?.(error)?.kind });
            throw error;
          }
        },
      });
      await sandbox.faults({ kind: 'throttle' });
      await expect(guarded.read([target], signal)).rejects.toMatchObject({ kind: 'Throttled' });
      expect(seen.length).toBeGreaterThan(0);
      for (const { call, kind } of seen) {
        expect({ call, kind, limited: limitOf(call) !== undefined }).toEqual({
          call,
          kind: 'Throttled',
          limited: true,
        });
      }
    });

    test('applying twice has one effect', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      const seen = await read(target);
      const want = scaler.plan(seen.owned, ask(units.floor));
      const key = crypto.randomUUID();
      await scaler.apply(target, seen, want, key, signal);
      const once = await effects(target);
      expect(once.length).toBeGreaterThan(0);
      // A retry after a lost answer: the fence may refuse it, but it has no second effect.
      await patiently(() => scaler.apply(target, seen, want, key, signal)).catch((error: ProviderError) =>
        expect(error.kind).toBe('Stale'),
      );
      expect(await effects(target)).toEqual(once);
      expect(sameOwned((await read(target)).owned, want)).toBe(true);
    });

    test(
      lever.reversibility === 'committed'
        ? 'what is never given back is refused, and nothing of it is lost'
        : 'restoring is applying what was seen, and gives it back exactly',
      async () => {
        const [target] = await world(autoscaled);
        if (!target) throw new Error('no target');
        const before = (await read(target)).owned;
        const raised = await raise(target, units.high);
        await settled(target, raised);
        const done = await effects(target);
        const given = patiently(async () =>
          scaler.apply(target, await read(target), before, crypto.randomUUID(), signal),
        );
        if (lever.reversibility === 'committed') {
          await expect(given).rejects.toMatchObject({ kind: 'InvalidTarget' });
          expect(await effects(target)).toEqual(done);
          expect(sameOwned((await read(target)).owned, raised)).toBe(true);
        } else {
          await given;
          expect(sameOwned((await read(target)).owned, before)).toBe(true);
        }
      },
    );

    test('a failed read throws and is never a number', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      for (const kind of ['serverError', 'denied', 'down', 'throttle']) {
        await sandbox.faults({ match: {}, kind, times: 20 });
        await expect(scaler.read([target], signal)).rejects.toBeInstanceOf(ProviderError);
        await expect(
          scaler.progress([target], new Map([[target.id, { kind: 'count', units: 1 }]]), signal),
        ).rejects.toBeInstanceOf(ProviderError);
        await sandbox.clearFaults();
      }
    });

    test('errors are mapped by what the vendor says', async () => {
      const [target] = await world(autoscaled, 1, { quotaUnits: units.quota });
      if (!target) throw new Error('no target');
      const seen = await read(target);
      const attempt = async (floorUnits: number) => {
        const want = scaler.plan(seen.owned, ask(floorUnits, 1_000));
        return scaler.apply(target, seen, want, crypto.randomUUID(), signal);
      };
      await expect(attempt(units.tooMuch)).rejects.toMatchObject({ kind: 'QuotaExceeded' });
      for (const [fault, kind] of [
        ['throttle', 'Throttled'],
        ['serverError', 'Transient'],
        ['denied', 'PermissionDenied'],
        ['invalid', 'InvalidTarget'],
      ] as const) {
        await sandbox.faults({ match: { resource: resourceKey(target) }, kind: fault });
        await expect(attempt(units.floor)).rejects.toMatchObject({ kind });
        await sandbox.clearFaults();
      }
      const gone = { ...target, reference: units.reference(99) };
      await expect(scaler.read([gone], signal)).rejects.toMatchObject({ kind: 'NotFound' });
    });

    test('an answer that is lost is an unknown outcome, and asking again comes to what was wanted', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      const seen = await read(target);
      const want = scaler.plan(seen.owned, ask(units.floor));
      await sandbox.faults({ match: { resource: resourceKey(target) }, kind: 'lostAnswer', times: 1 });
      await expect(scaler.apply(target, seen, want, crypto.randomUUID(), signal)).rejects.toMatchObject({
        kind: 'Transient',
      });
      expect(await effects(target)).toHaveLength(1);
      if (!lever.stepwise) expect(sameOwned((await read(target)).owned, want)).toBe(true);
      await patiently(async () =>
        scaler.apply(target, await read(target), want, crypto.randomUUID(), signal),
      );
      expect(sameOwned((await read(target)).owned, want)).toBe(true);
    });

    test('more targets than one call takes are all read', async () => {
      const targets = await world(autoscaled, 25);
      const states = await scaler.read(targets, signal);
      expect([...states.keys()].toSorted()).toEqual(targets.map((target) => target.id).toSorted());
    });

    test('a fence that is out of date is refused, where the vendor has one', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      const seen = await read(target);
      const field = units.classes ? 'className' : autoscaled ? 'minimumUnits' : 'desiredUnits';
      const change = { [field]: units.classes ? rungAt(units.person) : units.person };
      await sandbox.send('POST', '/people', { resource: resourceKey(target), change });
      const want = scaler.plan(seen.owned, ask(units.floor));
      const applied = patiently(() => scaler.apply(target, seen, want, crypto.randomUUID(), signal));
      if (serviceDescriptor(service)?.protection === 'fenced') {
        await expect(applied).rejects.toMatchObject({ kind: 'Stale' });
      } else {
        // Without a fence the vendor takes it; a scaler that reads before it writes may still notice.
        await applied.catch((error: ProviderError) => expect(error.kind).toBe('Stale'));
      }
    });

    test('capacity that is stuck half-way is moving, never settled', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      await sandbox.faults({
        match: { resource: resourceKey(target) },
        kind: 'stuckProvisioning',
        fraction: 0.6,
      });
      const want = await raise(target, units.high);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const progress = (await scaler.progress([target], new Map([[target.id, want]]), signal)).get(target.id);
      expect(progress?.status).not.toBe('settled');
      expect(progress?.servingUnits ?? 0).toBeLessThan(units.high);
    });
  });

  test.each(lever.kinds)(
    'a plan of a %s is pure: it never lowers, and refuses what cannot be had',
    (kind) => {
      const now = ownedAt(kind, units);
      const planned = scaler.plan(now, ask(units.high));
      expect(scaler.plan(now, ask(units.start))).toEqual(now);
      expect(floorOf(planned)).toBe(units.high);
      expect(ceilingOf(planned)).toBe(units.high);
      expect(scaler.plan(planned, ask(units.floor))).toEqual(planned);
      const most = lever.vendorMaximumUnits.units;
      const refused = [ask(most + 1, most + 10), ask(units.high + 1, units.high), ask(units.start + 0.5)];
      for (const asked of refused) expect(() => scaler.plan(now, asked)).toThrow(ProviderError);
    },
  );
});
