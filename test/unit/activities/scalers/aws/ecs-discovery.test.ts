import { describe, expect, test } from '@jest/globals';
import type { ScalableTarget } from '../../../../../activities/scalers/aws/_app-auto-scaling.ts';
import {
  discoverServices,
  type EcsDirectory,
  type ListedService,
} from '../../../../../activities/scalers/aws/_ecs-discovery.ts';
import type { DiscoveredTarget } from '../../../../../domain/discovery.ts';
import { ProviderError } from '../../../../../domain/errors.ts';

const signal = AbortSignal.timeout(5_000);
const options = { tagKey: 'wedsync:fleet' };

const listed = (service: string, change: Partial<ListedService> = {}): ListedService => ({
  service,
  status: 'ACTIVE',
  schedulingStrategy: 'REPLICA',
  desiredUnits: 3,
  tags: {},
  ...change,
});

/** ECS in memory: services by cluster, scalable targets by resource id, and every call made. */
function ecs(
  clusters: Readonly<Record<string, readonly ListedService[]>>,
  scalables: Readonly<Record<string, ScalableTarget>> = {},
) {
  const calls: string[] = [];
  const directory: EcsDirectory = {
    listClusters: async () => Object.keys(clusters),
    listServices: async (_region, cluster) => (clusters[cluster] ?? []).map(({ service }) => service),
    describe: async (region, cluster, services) => {
      calls.push(`describe ${region}/${cluster} ${services.length}`);
      return (clusters[cluster] ?? []).filter(({ service }) => services.includes(service));
    },
  };
  const scalableTargets = {
    describe: async (_region: string, ids: readonly string[]) => {
      calls.push(`scalable ${ids.length}`);
      return new Map(ids.flatMap((id) => (scalables[id] ? [[id, scalables[id]]] : [])));
    },
  };
  return { calls, directory, discover: discoverServices(directory, scalableTargets) };
}

async function all(found: AsyncIterable<DiscoveredTarget>): Promise<readonly DiscoveredTarget[]> {
  const targets: DiscoveredTarget[] = [];
  for await (const one of found) targets.push(one);
  return targets;
}

describe('discovery of ECS', () => {
  test('tells what runs, under whose hand, and with which tags', async () => {
    const resourceId = 'service/weddings/gallery';
    const { discover } = ecs(
      { weddings: [listed('gallery', { tags: { team: 'photos' } }), listed('uploads')] },
      { [resourceId]: { resourceId, minimumUnits: 4, maximumUnits: 20 } },
    );
    expect(await all(discover('eu-west-1', options, signal))).toEqual([
      {
        service: 'aws.ecs',
        region: 'eu-west-1',
        reference: { cluster: 'weddings', service: 'gallery' },
        tags: { team: 'photos' },
        autoscaled: true,
        baselineUnits: 4,
        maximumUnits: 20,
      },
      expect.objectContaining({ autoscaled: false, baselineUnits: 3, maximumUnits: null }),
    ]);
  });

  test('leaves out what has no count that could be set', async () => {
    const { discover } = ecs({
      weddings: [
        listed('agent', { schedulingStrategy: 'DAEMON' }),
        listed('old', { status: 'DRAINING' }),
        listed('api'),
      ],
    });
    const targets = await all(discover('eu-west-1', options, signal));
    expect(targets.map(({ reference }) => reference.service)).toEqual(['api']);
  });

  test('asks in as few calls as can be: ten services, fifty scalable targets', async () => {
    const services = Array.from({ length: 62 }, (_, index) => listed(`s${index}`));
    const { discover, calls } = ecs({ weddings: services, empty: [] });
    expect(await all(discover('eu-west-1', options, signal))).toHaveLength(62);
    expect(calls).toEqual([
      ...Array.from({ length: 5 }, () => 'describe eu-west-1/weddings 10'),
      'scalable 50',
      'describe eu-west-1/weddings 10',
      'describe eu-west-1/weddings 2',
      'scalable 12',
    ]);
  });

  test('asks no further once nobody wants more', async () => {
    const { discover, calls } = ecs({ a: [listed('first')], b: [listed('second')] });
    for await (const one of discover('eu-west-1', options, signal)) {
      expect(one.reference.service).toBe('first');
      break;
    }
    expect(calls).toEqual(['describe eu-west-1/a 1', 'scalable 1']);
  });

  test('throws where a part could not be read, and never leaves it out in silence', async () => {
    const { directory } = ecs({ weddings: [listed('api')] });
    const failing: EcsDirectory = {
      ...directory,
      describe: () => Promise.reject(new ProviderError('PermissionDenied', 'no')),
    };
    const discover = discoverServices(failing, { describe: async () => new Map() });
    await expect(all(discover('eu-west-1', options, signal))).rejects.toMatchObject({
      kind: 'PermissionDenied',
    });
  });
});
