import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { UNGUARDED } from '../../activities/calls/call-guard.ts';
import { UNCACHED } from '../../activities/calls/read-cache.ts';
import { scalerRegistry } from '../../activities/scalers/registry.ts';
import type { DiscoveredTarget } from '../../domain/discovery.ts';
import { draftFleet, FLEET_TAG, GAP, leftOutOf } from '../../domain/discovery.ts';
import { ProviderError } from '../../domain/errors.ts';
import { type Fleet, providerOf, type ScalingTarget } from '../../domain/fleet.ts';
import { floorOf } from '../../domain/owned-fields.ts';
import type { Scaler } from '../../domain/scaler.ts';
import type { Lever } from '../../domain/service-descriptor.ts';
import { leverOfTarget, serviceDescriptor } from '../../domain/services.ts';
import { type SandboxProcess, startSandbox } from '../support/sandbox.ts';
import { smallFleet } from '../support/small-fleet.ts';

const REGION = 'eu-west-1';

/** What a lever is found as. */
interface DiscoveryCase {
  /** Reference of the n-th resource. */
  readonly reference: (n: number) => Readonly<Record<string, string>>;
  /** Class all of them have, of a lever that is one. */
  readonly className?: string;
}

/** By service and lever; every lever of a service that becomes discoverable needs a line here. */
const CASES: Readonly<Record<string, DiscoveryCase>> = {
  'aws.asg instances': { reference: (n) => ({ group: `api-${n}` }) },
  'aws.ecs tasks': { reference: (n) => ({ cluster: `cluster-${n % 3}`, service: `api-${n}` }) },
  'aws.eks nodes': { reference: (n) => ({ cluster: `cluster-${n % 2}`, nodegroup: `api-${n}` }) },
  'aws.elasticache replicas': { reference: (n) => ({ replicationGroup: `weddings-${n}` }) },
  'aws.elasticache shards': { reference: (n) => ({ replicationGroup: `weddings-${n}` }) },
  'aws.elasticache node-type': {
    reference: (n) => ({ replicationGroup: `weddings-${n}` }),
    className: 'cache.r7g.large',
  },
  'aws.lambda provisioned-concurrency': { reference: (n) => ({ function: `api-${n}`, qualifier: 'live' }) },
  'aws.rds readers': { reference: (n) => ({ cluster: `weddings-${n}` }) },
  'aws.rds serverless-capacity': { reference: (n) => ({ cluster: `weddings-${n}` }) },
  'aws.rds instance-class': { reference: (n) => ({ instance: `orders-${n}` }), className: 'db.r6g.large' },
  'aws.rds storage': { reference: (n) => ({ instance: `orders-${n}` }) },
};

/** With and without an autoscaler, as far as a lever can be had so. */
const AUTOSCALED = { always: [true], never: [false], either: [true, false] } as const;

/** Units everything has; the minimum of what is autoscaled, too. */
const UNITS = 3;

const options = { timeScale: 6_000, log: pino({ level: 'silent' }), guard: UNGUARDED, cache: UNCACHED };

/** A scaler that nothing answers: enough to see whether it can discover. */
async function unconnected(id: string): Promise<Scaler> {
  const entry = scalerRegistry.find((candidate) => candidate.id === id);
  const factory = await entry?.load();
  if (!factory) throw new Error(`${id} cannot be loaded`);
  return factory({ mode: 'sandbox', endpoint: 'http://127.0.0.1:1' }, options);
}

const services = await Promise.all(
  scalerRegistry.map(async ({ id }) => ({
    id,
    discoverable: (await unconnected(id)).discover !== undefined,
  })),
);

test('what cannot be discovered yet is known by name', () => {
  expect(services.filter(({ discoverable }) => !discoverable).map(({ id }) => id)).toEqual([
    'azure.aks',
    'gcp.mig',
    'kubernetes.deployment',
    'kubernetes.hpa',
  ]);
});

test('what is discoverable says which permissions that needs, and nothing else does', () => {
  for (const { id, discoverable } of services) {
    const needs = serviceDescriptor(id)?.discoveryPermissions;
    expect({ id, needs: needs !== undefined }).toEqual({ id, needs: discoverable });
  }
});

const levers = services
  .filter(({ discoverable }) => discoverable)
  .flatMap(({ id }) =>
    (serviceDescriptor(id)?.levers ?? []).map((lever): [string, string, Lever] => [id, lever.id, lever]),
  );

describe.each(levers)('%s, %s, is discovered', (id, name, lever) => {
  const signal = AbortSignal.timeout(600_000);
  const kinds = AUTOSCALED[lever.autoscaled];
  let sandbox: SandboxProcess;
  let scaler: Scaler;

  beforeAll(async () => {
    sandbox = await startSandbox({ timeScale: 6_000 });
    const factory = await scalerRegistry.find((candidate) => candidate.id === id)?.load();
    if (!factory) throw new Error(`${id} cannot be loaded`);
    scaler = factory({ mode: 'sandbox', endpoint: sandbox.addresses[providerOf(id)] }, options);
  });
  afterAll(() => sandbox?.stop());

  function caseOf(): DiscoveryCase {
    const found = CASES[`${id} ${name}`];
    if (!found) throw new Error(`${id} ${name} is not in the discovery suite; add its line`);
    return found;
  }

  async function world(count: number, autoscaled: boolean = kinds[0]): Promise<void> {
    const { reference, className } = caseOf();
    const bounded = autoscaled || lever.kinds.includes('size');
    const resources = Array.from({ length: count }, (_, n) => ({
      service: id,
      lever: name,
      region: REGION,
      reference: reference(n),
      autoscaled,
      units: UNITS,
      ...(bounded && { minimumUnits: UNITS, maximumUnits: 10 }),
      ...(className !== undefined && { className }),
      ...(n % 2 === 0 && { attributes: { tags: { [FLEET_TAG]: 'weddings' } } }),
    }));
    await sandbox.loadWorld({ resources });
  }

  /** What of the lever bears the tag. */
  async function tagged(region = REGION, ending = signal): Promise<readonly DiscoveredTarget[]> {
    const found: DiscoveredTarget[] = [];
    if (!scaler.discover) throw new Error(`${id} cannot discover`);
    for await (const one of scaler.discover(region, { tagKey: FLEET_TAG }, ending)) {
      const ofLever = leverOfTarget(one)?.id === name;
      if (ofLever && Object.hasOwn(one.tags, FLEET_TAG)) found.push(one);
    }
    return found;
  }

  /** A fleet that has all of them already, with units of long ago. */
  function declared(found: readonly DiscoveredTarget[]): Fleet {
    const { className } = caseOf();
    const [pattern] = smallFleet().targets;
    if (!pattern) throw new Error('the small fleet has no targets');
    const targets = found.map(({ service, region, reference }, n): ScalingTarget => {
      const classes = className === undefined ? {} : { classes: [{ name: className, units: UNITS }] };
      const names = { id: `declared-${n}`, service, region, reference, lever: name };
      return { ...pattern, ...names, ...classes, autoscaled: false, baselineUnits: 99 };
    });
    return smallFleet((fleet) => ({ ...fleet, targets }));
  }

  test.each(kinds)('and read as it was found (autoscaled: %s)', async (autoscaled) => {
    await world(5, autoscaled);
    const found = await tagged();
    expect(found.map(({ tags }) => tags[FLEET_TAG])).toEqual(['weddings', 'weddings', 'weddings']);
    const unasked = leftOutOf(found, null).length > 0;
    const draft = draftFleet(found, unasked ? declared(found) : null).targets as readonly ScalingTarget[];
    // Where a gap was left, a person knows whether an autoscaler is there.
    const targets = draft.map((target) => {
      return (target.autoscaled as unknown) === GAP ? { ...target, autoscaled } : target;
    });
    const states = await scaler.read(targets, signal);
    expect(targets).toHaveLength(3);
    for (const target of targets) {
      const owned = states.get(target.id)?.owned;
      if (!owned) throw new Error(`${target.id} was found and cannot be read`);
      expect({ declared: target.autoscaled, floor: floorOf(owned) }).toEqual({
        declared: autoscaled,
        floor: target.baselineUnits,
      });
    }
  });

  test('completely, however many pages and batches that takes', async () => {
    await world(240);
    const names = new Set((await tagged()).map(({ reference }) => JSON.stringify(reference)));
    expect(names.size).toBe(120);
  });

  test('in its own region only', async () => {
    await world(4);
    expect(await tagged('us-east-1')).toEqual([]);
  });

  test('or not at all: a read that failed throws, and nothing is changed', async () => {
    await world(4);
    for (const kind of ['serverError', 'denied', 'down', 'throttle']) {
      await sandbox.faults({ match: {}, kind, times: 1 });
      await expect(tagged()).rejects.toBeInstanceOf(ProviderError);
      await sandbox.clearFaults();
    }
    const changes = (await sandbox.ledger()).filter(({ caller }) => caller !== 'autoscaler');
    expect(changes).toEqual([]);
  });

  test('and ends where it is told to, with an error', async () => {
    await world(4);
    await expect(tagged(REGION, AbortSignal.abort())).rejects.toBeInstanceOf(ProviderError);
  });

  test('and throws whichever of its calls is refused', async () => {
    await world(4);
    const before = await callsOf(sandbox);
    await tagged();
    const made = [...(await callsOf(sandbox))].filter(([call, count]) => count > (before.get(call) ?? 0));
    expect(made.length).toBeGreaterThan(0);
    for (const [operation] of made) {
      await sandbox.faults({ match: { operation }, kind: 'denied', times: 1 });
      await expect(tagged()).rejects.toMatchObject({ kind: 'PermissionDenied' });
      await sandbox.clearFaults();
    }
  });
});

/** Calls the sandbox has answered well, by operation. */
async function callsOf(sandbox: SandboxProcess): Promise<ReadonlyMap<string, number>> {
  const { requests } = (await sandbox.send('GET', '/requests')) as {
    requests: { operation: string; status: number; count: number }[];
  };
  const answered = requests.filter(({ status }) => status === 200);
  return new Map(answered.map(({ operation, count }) => [operation, count]));
}
