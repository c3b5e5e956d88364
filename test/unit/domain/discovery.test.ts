import { describe, expect, test } from '@jest/globals';
import {
  bearsTag,
  countGaps,
  type DiscoveredTarget,
  draftFleet,
  GAP,
  leftOutOf,
} from '../../../domain/discovery.ts';
import type { Fleet, ScalingTarget } from '../../../domain/fleet.ts';
import { parseFleet } from '../../../domain/schemas/fleet.ts';
import { smallFleet } from '../../support/small-fleet.ts';

function found(service: string, change: Partial<DiscoveredTarget> = {}): DiscoveredTarget {
  return {
    service: 'aws.ecs',
    region: 'eu-west-1',
    reference: { cluster: 'weddings', service },
    tags: { 'wedsync:fleet': 'small' },
    autoscaled: true,
    baselineUnits: 6,
    maximumUnits: 40,
    ...change,
  };
}

describe('what was found, written as a fleet', () => {
  test('has every field a vendor knows, and a gap where only a person does', () => {
    const { targets } = draftFleet([found('gallery')], null);
    expect(targets).toEqual([
      {
        id: 'aws.ecs/eu-west-1/weddings/gallery',
        service: 'aws.ecs',
        region: 'eu-west-1',
        reference: { cluster: 'weddings', service: 'gallery' },
        workload: GAP,
        markets: GAP,
        capacityPerUnit: GAP,
        maximumUnits: 40,
        hourlyUsdPerUnit: GAP,
        critical: GAP,
        leadTimeMinutes: 5,
        autoscaled: true,
        baselineUnits: 6,
      },
    ]);
  });

  test('leaves open what nothing bounds, and takes a price where a table has one', () => {
    const [target] = draftFleet([found('a', { maximumUnits: null, hourlyUsdPerUnit: 0.05 })], null).targets;
    expect(target).toMatchObject({ maximumUnits: GAP, hourlyUsdPerUnit: 0.05 });
  });

  test('begins the parts that no vendor has, in the regions where something was found', () => {
    const elsewhere = found('b', { region: 'ap-south-1' });
    const draft = draftFleet([found('a'), elsewhere, found('c')], null);
    expect(draft).toMatchObject({
      name: GAP,
      markets: [{ id: GAP, timeZone: GAP, allowedRegions: ['ap-south-1', 'eu-west-1'] }],
      workloads: [{ id: GAP, unit: GAP, demandPerUser: GAP }],
      demandModel: { usersPerGuest: GAP, tierFactor: {} },
      recordSets: [],
    });
    expect(draft.targets.map(({ id }) => id)).toEqual([
      'aws.ecs/ap-south-1/weddings/b',
      'aws.ecs/eu-west-1/weddings/a',
      'aws.ecs/eu-west-1/weddings/c',
    ]);
  });

  test('keeps what a person has declared already, and reads afresh what runs', () => {
    const fleet = smallFleet();
    const draft = draftFleet([found('api', { baselineUnits: 9 }), found('new')], fleet);
    expect(draft).toMatchObject({ name: fleet.name, markets: fleet.markets, workloads: fleet.workloads });
    const declared = fleet.targets.find(({ id }) => id === 'ecs');
    expect(draft.targets.find(({ id }) => id === 'ecs')).toEqual({ ...declared, baselineUnits: 9 });
    expect(draft.targets.find(({ id }) => String(id).endsWith('/new'))).toMatchObject({ workload: GAP });
    // Of what is known nothing is asked again.
    expect(countGaps(draftFleet([found('api')], fleet))).toBe(0);
    expect(parseFleet(draftFleet([found('api')], fleet)).ok).toBe(true);
  });

  test('keeps what was not looked for, so that its import drops nothing', () => {
    const fleet = smallFleet();
    const ids = draftFleet([found('api')], fleet).targets.map(({ id }) => id);
    expect(ids.toSorted()).toEqual(fleet.targets.map(({ id }) => id).toSorted());
  });

  test('of another lever is another target', () => {
    const group = { service: 'aws.elasticache', reference: { replicationGroup: 'feed' } };
    const draft = draftFleet([found('', group), found('', { ...group, lever: 'shards' })], null);
    expect(draft.targets).toMatchObject([
      { id: 'aws.elasticache/eu-west-1/feed' },
      { id: 'aws.elasticache/eu-west-1/feed#shards', lever: 'shards' },
    ]);
  });
});

/** A small fleet that has one more target, of what was found. */
function fleetWith(one: DiscoveredTarget, fields: Partial<ScalingTarget>): Fleet {
  return smallFleet((fleet) => {
    const [pattern] = fleet.targets;
    if (!pattern) throw new Error('the small fleet has no targets');
    const { service, region, reference, lever } = one;
    const names = { id: 'declared', service, region, reference, ...(lever !== undefined && { lever }) };
    return { ...fleet, targets: [...fleet.targets, { ...pattern, ...names, ...fields }] };
  });
}

const declaredIn = (draft: ReturnType<typeof draftFleet>) =>
  draft.targets.find(({ id }) => id === 'declared');

describe('what no vendor can tell', () => {
  const nodes = found('', {
    service: 'aws.eks',
    reference: { cluster: 'weddings', nodegroup: 'api' },
    autoscaled: null,
    baselineUnits: 2,
    countUnits: 5,
  });

  test('whether an autoscaler is there is a gap, with what is guaranteed either way', () => {
    const draft = draftFleet([nodes], null);
    expect(draft.targets[0]).toMatchObject({ autoscaled: GAP, baselineUnits: 2 });
    const parsed = parseFleet(draft);
    if (parsed.ok) throw new Error('a file with gaps was taken');
    expect(parsed.faults.find(({ path }) => path === 'targets.0.autoscaled')?.message).toMatch(
      /Cluster Autoscaler/,
    );
  });

  test.each([
    [true, 2],
    [false, 5],
  ])('stays as a person has declared it: autoscaled %s', (autoscaled, baselineUnits) => {
    const draft = draftFleet([nodes], fleetWith(nodes, { autoscaled, baselineUnits: 9 }));
    expect(declaredIn(draft)).toMatchObject({ autoscaled, baselineUnits });
  });

  test('a maximum of 0 is a gap, as no target may have it', () => {
    expect(draftFleet([found('a', { maximumUnits: 0 })], null).targets[0]?.maximumUnits).toBe(GAP);
  });
});

describe('a share of spot instances', () => {
  const group = (spotPercent: number) =>
    found('', { service: 'aws.asg', reference: { group: 'web' }, spotPercent });

  test('is taken over, and the price of such an instance asked for', () => {
    const [target] = draftFleet([group(70)], null).targets;
    expect(target).toMatchObject({ spotPercent: 70, spotHourlyUsdPerUnit: GAP });
  });

  test('of 0 is left out together with its price', () => {
    const [target] = draftFleet([group(0)], null).targets;
    expect(Object.keys(target ?? {}).filter((field) => field.startsWith('spot'))).toEqual([]);
  });
});

describe('levers that nobody gets unasked', () => {
  const of = (service: string, lever: string, reference: Readonly<Record<string, string>>, fields = {}) =>
    found('', { service, lever, reference, autoscaled: false, maximumUnits: null, ...fields });
  const storage = of('aws.rds', 'storage', { instance: 'orders' }, { baselineUnits: 300 });
  const machine = { baselineUnits: null, className: 'db.r6g.xlarge' };
  const instanceClass = of('aws.rds', 'instance-class', { instance: 'orders' }, machine);
  const nodeType = of('aws.elasticache', 'node-type', { replicationGroup: 'feed' }, machine);
  const shards = of('aws.elasticache', 'shards', { replicationGroup: 'feed' }, { baselineUnits: 3 });

  test.each([
    ['is never given back', storage],
    ['interrupts', instanceClass],
    ['needs a ladder', nodeType],
  ])('are named and not written where a change %s', (_why, one) => {
    const { service, region, reference, lever } = one;
    expect(draftFleet([one], null).targets).toEqual([]);
    expect(leftOutOf([one, shards, found('a')], null)).toEqual([{ service, region, reference, lever }]);
  });

  test('are kept once the fleet declares them, with what runs today', () => {
    const classes = [
      { name: 'db.r6g.large', units: 2 },
      { name: 'db.r6g.xlarge', units: 4 },
    ];
    const known = fleetWith(instanceClass, {
      autoscaled: false,
      mayInterrupt: true,
      classes,
      baselineUnits: 2,
    });
    expect(declaredIn(draftFleet([instanceClass], known))).toMatchObject({ classes, baselineUnits: 4 });
    expect(leftOutOf([instanceClass, storage], known)).toMatchObject([{ lever: 'storage' }]);
  });

  test('keep what was declared of a class that is no rung of its ladder', () => {
    const classes = [{ name: 'db.r6g.large', units: 2 }];
    const known = fleetWith(instanceClass, { autoscaled: false, classes, baselineUnits: 2 });
    expect(declaredIn(draftFleet([instanceClass], known))).toMatchObject({ baselineUnits: 2 });
  });
});

describe('a tag', () => {
  const tags = { 'wedsync:fleet': 'summer', team: 'photos' };

  test.each([
    ['wedsync:fleet', null, true],
    ['wedsync:fleet', 'summer', true],
    ['wedsync:fleet', 'winter', false],
    ['other', null, false],
    ['toString', null, false],
  ])('%s of value %s says that it belongs to weddings: %s', (key, value, belongs) => {
    expect(bearsTag(tags, { key, value })).toBe(belongs);
  });
});

describe('a file with gaps', () => {
  const draft = draftFleet([found('gallery', { maximumUnits: null })], null);

  test('is refused, each gap with what belongs there and no other word about it', () => {
    const parsed = parseFleet(JSON.parse(JSON.stringify(draft)));
    if (parsed.ok) throw new Error('a file with gaps was taken');
    expect(parsed.faults).toHaveLength(countGaps(draft));
    expect(new Set(parsed.faults.map(({ path }) => path)).size).toBe(parsed.faults.length);
    for (const { message } of parsed.faults)
      expect(message).toMatch(/^is a gap \("\?"\) that discovery left; put in /);
    const said = (path: string) => parsed.faults.find((fault) => fault.path === path)?.message;
    expect(said('targets.0.capacityPerUnit')).toMatch(/demand one unit carries/);
    expect(said('targets.0.markets')).toMatch(/ids of the markets/);
    expect(said('markets.0.timeZone')).toMatch(/Europe\/London/);
    expect(said('name')).toMatch(/what only you can know/);
  });

  test('is refused even where the gap is a text that its field would take', () => {
    const fleet = smallFleet();
    for (const gap of [
      { ...fleet, name: GAP },
      { ...fleet, targets: [{ ...fleet.targets[0], workload: GAP }, ...fleet.targets.slice(1)] },
      { ...fleet, markets: fleet.markets.map((market) => ({ ...market, allowedRegions: [GAP] })) },
    ]) {
      expect(parseFleet(gap).ok).toBe(false);
    }
    expect(parseFleet(fleet).ok).toBe(true);
  });
});
