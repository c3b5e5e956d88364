import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { UNGUARDED } from '../../activities/calls/call-guard.ts';
import { UNCACHED } from '../../activities/calls/read-cache.ts';
import { scalerRegistry } from '../../activities/scalers/registry.ts';
import type { DiscoveredTarget } from '../../domain/discovery.ts';
import { draftFleet, FLEET_TAG } from '../../domain/discovery.ts';
import { ProviderError } from '../../domain/errors.ts';
import { providerOf, type ScalingTarget } from '../../domain/fleet.ts';
import { floorOf } from '../../domain/owned-fields.ts';
import type { Scaler } from '../../domain/scaler.ts';
import { serviceDescriptor } from '../../domain/services.ts';
import { type SandboxProcess, startSandbox } from '../support/sandbox.ts';

const REGION = 'eu-west-1';

/** Reference of the n-th resource; every service that becomes discoverable needs a line here. */
const REFERENCES: Readonly<Record<string, (n: number) => Readonly<Record<string, string>>>> = {
  'aws.ecs': (n) => ({ cluster: `cluster-${n % 3}`, service: `api-${n}` }),
};

/** Whether the service has targets with, and without, an autoscaler; both unless said otherwise. */
const KINDS: Readonly<Record<string, readonly boolean[]>> = {};

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
    'aws.asg',
    'aws.eks',
    'aws.elasticache',
    'aws.lambda',
    'aws.rds',
    'azure.aks',
    'gcp.mig',
    'kubernetes.deployment',
    'kubernetes.hpa',
  ]);
});

test('what is discoverable says which permissions that needs, and nothing else does', () => {
  for (const { id, discoverable } of services) {
    const needs = serviceDescriptor(id)?.discoveryPermissions;
    expect({ id, needs: needs !== undefined && needs.length > 0 }).toEqual({ id, needs: discoverable });
  }
});

describe.each(services.filter(({ discoverable }) => discoverable).map(({ id }) => id))(
  '%s is discovered',
  (id) => {
    const signal = AbortSignal.timeout(600_000);
    let sandbox: SandboxProcess;
    let scaler: Scaler;

    beforeAll(async () => {
      sandbox = await startSandbox({ timeScale: 6_000 });
      const factory = await scalerRegistry.find((candidate) => candidate.id === id)?.load();
      if (!factory) throw new Error(`${id} cannot be loaded`);
      scaler = factory({ mode: 'sandbox', endpoint: sandbox.addresses[providerOf(id)] }, options);
    });
    afterAll(() => sandbox?.stop());

    async function world(count: number, autoscaled: boolean): Promise<void> {
      const reference = REFERENCES[id];
      if (!reference) throw new Error(`${id} has no reference in the discovery suite; add its line`);
      const resources = Array.from({ length: count }, (_, n) => ({
        service: id,
        region: REGION,
        reference: reference(n),
        autoscaled,
        units: 3,
        ...(autoscaled && { minimumUnits: 3, maximumUnits: 10 }),
        ...(n % 2 === 0 && { attributes: { tags: { [FLEET_TAG]: 'weddings' } } }),
      }));
      await sandbox.loadWorld({ resources });
    }

    async function tagged(region = REGION): Promise<readonly DiscoveredTarget[]> {
      const found: DiscoveredTarget[] = [];
      if (!scaler.discover) throw new Error(`${id} cannot discover`);
      for await (const one of scaler.discover(region, { tagKey: FLEET_TAG }, signal)) {
        if (Object.hasOwn(one.tags, FLEET_TAG)) found.push(one);
      }
      return found;
    }

    test.each(KINDS[id] ?? [true, false])('and read as it was found (autoscaled: %s)', async (autoscaled) => {
      await world(5, autoscaled);
      const found = await tagged();
      expect(found.map(({ tags }) => tags[FLEET_TAG])).toEqual(['weddings', 'weddings', 'weddings']);
      const targets = draftFleet(found, null).targets as readonly ScalingTarget[];
      const states = await scaler.read(targets, signal);
      for (const { id: name, autoscaled: declared, baselineUnits } of targets) {
        const owned = states.get(name)?.owned;
        if (!owned) throw new Error(`${name} was found and cannot be read`);
        expect({ name, declared, floor: floorOf(owned) }).toEqual({
          name,
          declared: autoscaled,
          floor: baselineUnits,
        });
      }
    });

    test('completely, however many pages and batches that takes', async () => {
      await world(240, (KINDS[id] ?? [true])[0] ?? true);
      const names = new Set((await tagged()).map(({ reference }) => JSON.stringify(reference)));
      expect(names.size).toBe(120);
    });

    test('in its own region only', async () => {
      await world(4, (KINDS[id] ?? [true])[0] ?? true);
      expect(await tagged('us-east-1')).toEqual([]);
    });

    test('or not at all: a read that failed throws, and nothing is changed', async () => {
      await world(4, (KINDS[id] ?? [true])[0] ?? true);
      for (const kind of ['serverError', 'denied', 'down', 'throttle']) {
        await sandbox.faults({ match: {}, kind, times: 1 });
        await expect(tagged()).rejects.toBeInstanceOf(ProviderError);
        await sandbox.clearFaults();
      }
      const changes = (await sandbox.ledger()).filter(({ caller }) => caller !== 'autoscaler');
      expect(changes).toEqual([]);
    });
  },
);
