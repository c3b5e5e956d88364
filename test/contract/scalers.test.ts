import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { UNGUARDED } from '../../activities/calls/call-guard.ts';
import { scalerRegistry } from '../../activities/scalers/registry.ts';
import { resourceKey } from '../../cli/demo/chaos.ts';
import type { VendorConnection } from '../../domain/connection.ts';
import { ProviderError } from '../../domain/errors.ts';
import { providerOf, type ScalingTarget } from '../../domain/fleet.ts';
import { floorOf, type OwnedFields, sameOwned } from '../../domain/owned-fields.ts';
import type { Scaler, TargetState } from '../../domain/scaler.ts';
import { serviceDescriptor } from '../../domain/services.ts';
import { type SandboxProcess, startSandbox } from '../support/sandbox.ts';

/** Reference of the n-th resource of a service; every service that is added needs a line here. */
const REFERENCES: Readonly<Record<string, (n: number) => Readonly<Record<string, string>>>> = {
  'aws.asg': (n) => ({ group: `api-${n}` }),
  'aws.ecs': (n) => ({ cluster: 'weddings', service: `api-${n}` }),
  'aws.eks': (n) => ({ cluster: 'weddings', nodegroup: `api-${n}` }),
  'azure.aks': (n) => ({
    subscriptionId: '6f1c1c6e-3d6a-4c0e-9c55-3b0f4d1f7a10',
    resourceGroup: 'weddings',
    cluster: 'weddings',
    pool: `api${n}`,
  }),
  'gcp.mig': (n) => ({ project: 'weddings', location: 'europe-west1', name: `api-${n}` }),
  'kubernetes.deployment': (n) => ({
    cluster: 'weddings',
    namespace: 'wedding-production',
    name: `count-${n}`,
  }),
  'kubernetes.hpa': (n) => ({ cluster: 'weddings', namespace: 'wedding-production', name: `hpa-${n}` }),
};

/** Whether the service has targets with, and without, an autoscaler. */
const KINDS: Readonly<Record<string, readonly boolean[]>> = {
  'kubernetes.deployment': [false],
  'kubernetes.hpa': [true],
};

/** Whether its resources have a minimum and a maximum of their own, with or without an autoscaler. */
function isSized(service: string): boolean {
  return serviceDescriptor(service)?.levers[0]?.kinds.includes('size') ?? false;
}

/** What there is of each kind of owned fields, and the same with a floor of 20. */
const PLANS: readonly (readonly [OwnedFields['kind'], OwnedFields, OwnedFields])[] = [
  [
    'range',
    { kind: 'range', minimumUnits: 5, maximumUnits: 10 },
    { kind: 'range', minimumUnits: 20, maximumUnits: 20 },
  ],
  ['count', { kind: 'count', units: 5 }, { kind: 'count', units: 20 }],
  [
    'size',
    { kind: 'size', minimumUnits: 2, units: 5, maximumUnits: 10 },
    { kind: 'size', minimumUnits: 20, units: 20, maximumUnits: 20 },
  ],
];

const REGION: Readonly<Record<string, string>> = { 'gcp.mig': 'europe-west1' };
const signal = AbortSignal.timeout(600_000);

function targetOf(service: string, n: number, autoscaled: boolean): ScalingTarget {
  const reference = REFERENCES[service];
  if (!reference) throw new Error(`${service} has no reference in the contract suite; add its line`);
  return {
    id: `${service}-${n}`,
    service,
    region: REGION[service] ?? 'eu-west-1',
    reference: reference(n),
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 10,
    maximumUnits: 100,
    hourlyUsdPerUnit: 0.1,
    critical: true,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled,
    baselineUnits: 3,
  };
}

describe.each(scalerRegistry.map((entry) => entry.id))('%s keeps the contract', (service) => {
  let sandbox: SandboxProcess;
  let scaler: Scaler;

  beforeAll(async () => {
    sandbox = await startSandbox({ timeScale: 6_000 });
    const entry = scalerRegistry.find((candidate) => candidate.id === service);
    const factory = await entry?.load();
    const vendor = providerOf(service);
    const connection: VendorConnection = { mode: 'sandbox', endpoint: sandbox.addresses[vendor] };
    if (!factory) throw new Error(`${service} cannot be loaded`);
    scaler = factory(connection, { timeScale: 6_000, log: pino({ level: 'silent' }), guard: UNGUARDED });
  });
  afterAll(() => sandbox?.stop());

  async function world(
    autoscaled: boolean,
    count = 1,
    extra: object = {},
  ): Promise<readonly ScalingTarget[]> {
    const targets = Array.from({ length: count }, (_, n) => targetOf(service, n, autoscaled));
    const resources = targets.map(({ region, reference }) => ({
      service,
      region,
      reference,
      autoscaled,
      units: 3,
      ...((autoscaled || isSized(service)) && { minimumUnits: 3, maximumUnits: 10 }),
      ...extra,
    }));
    await sandbox.loadWorld({ resources });
    return targets;
  }
  const read = async (target: ScalingTarget): Promise<TargetState> => {
    const state = (await scaler.read([target], signal)).get(target.id);
    if (!state) throw new Error(`${target.id} was not read`);
    return state;
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
  const raise = async (target: ScalingTarget, floorUnits: number): Promise<OwnedFields> => {
    const seen = await read(target);
    const want = scaler.plan(seen.owned, { floorUnits, maximumUnits: target.maximumUnits });
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

  describe.each(KINDS[service] ?? [true, false])('autoscaled: %s', (autoscaled) => {
    test('a floor is reached and what serves is read, not echoed', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      const want = await raise(target, 8);
      expect(floorOf(want)).toBe(8);
      expect(await settled(target, want)).toBeGreaterThanOrEqual(8);
      const live = (await sandbox.world()).resources[0];
      expect(autoscaled ? live.minimumUnits : live.desiredUnits).toBe(8);
      expect(live.servingUnits).toBeGreaterThanOrEqual(8);
    });

    test('applying twice has one effect', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      const seen = await read(target);
      const want = scaler.plan(seen.owned, { floorUnits: 8, maximumUnits: 100 });
      const key = crypto.randomUUID();
      await scaler.apply(target, seen, want, key, signal);
      // A retry after a lost answer: the fence may refuse it, but it has no second effect.
      await patiently(() => scaler.apply(target, seen, want, key, signal)).catch((error: ProviderError) =>
        expect(error.kind).toBe('Stale'),
      );
      expect((await ours(target)).filter((entry) => entry.effective)).toHaveLength(1);
      expect(sameOwned((await read(target)).owned, want)).toBe(true);
    });

    test('restoring is applying what was seen, and gives it back exactly', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      const before = (await read(target)).owned;
      await settled(target, await raise(target, 20));
      await patiently(async () =>
        scaler.apply(target, await read(target), before, crypto.randomUUID(), signal),
      );
      expect(sameOwned((await read(target)).owned, before)).toBe(true);
    });

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
      const [target] = await world(autoscaled, 1, { quotaUnits: 30 });
      if (!target) throw new Error('no target');
      const seen = await read(target);
      const attempt = (floorUnits: number) =>
        scaler.apply(
          target,
          seen,
          scaler.plan(seen.owned, { floorUnits, maximumUnits: 1_000 }),
          crypto.randomUUID(),
          signal,
        );
      await expect(attempt(40)).rejects.toMatchObject({ kind: 'QuotaExceeded' });
      for (const [fault, kind] of [
        ['throttle', 'Throttled'],
        ['serverError', 'Transient'],
        ['denied', 'PermissionDenied'],
        ['invalid', 'InvalidTarget'],
      ] as const) {
        await sandbox.faults({ match: { resource: resourceKey(target) }, kind: fault });
        await expect(attempt(8)).rejects.toMatchObject({ kind });
        await sandbox.clearFaults();
      }
      await expect(
        scaler.read([{ ...target, reference: REFERENCES[service]?.(99) ?? {} }], signal),
      ).rejects.toMatchObject({
        kind: 'NotFound',
      });
    });

    test('an answer that is lost is an unknown outcome', async () => {
      const [target] = await world(autoscaled);
      if (!target) throw new Error('no target');
      const seen = await read(target);
      const want = scaler.plan(seen.owned, { floorUnits: 8, maximumUnits: 100 });
      await sandbox.faults({ match: { resource: resourceKey(target) }, kind: 'lostAnswer', times: 1 });
      await expect(scaler.apply(target, seen, want, crypto.randomUUID(), signal)).rejects.toMatchObject({
        kind: 'Transient',
      });
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
      const live = (await sandbox.world()).resources[0];
      const change = autoscaled ? { minimumUnits: 4 } : { desiredUnits: 4 };
      await sandbox.send('POST', '/people', { resource: live.key, change });
      const want = scaler.plan(seen.owned, { floorUnits: 8, maximumUnits: 100 });
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
      const want = await raise(target, 20);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const progress = (await scaler.progress([target], new Map([[target.id, want]]), signal)).get(target.id);
      expect(progress?.status).not.toBe('settled');
      expect(progress?.servingUnits ?? 0).toBeLessThan(20);
    });
  });

  const lever = serviceDescriptor(service)?.levers[0];

  test.each(PLANS.filter(([kind]) => lever?.kinds.includes(kind)))(
    'a plan of a %s is pure: it never lowers, and refuses what the vendor or the target cannot have',
    (_kind, now, raised) => {
      const most = lever?.vendorMaximumUnits.units ?? 0;
      const plan = (floorUnits: number, maximumUnits: number) =>
        scaler.plan(now, { floorUnits, maximumUnits });
      expect(plan(3, 100)).toEqual(now);
      expect(plan(20, 100)).toEqual(raised);
      expect(() => plan(most + 1, most + 10)).toThrow(ProviderError);
      expect(() => plan(101, 100)).toThrow(ProviderError);
      expect(() => plan(1.5, 100)).toThrow(ProviderError);
    },
  );
});
