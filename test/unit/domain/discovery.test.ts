import { describe, expect, test } from '@jest/globals';
import { bearsTag, countGaps, type DiscoveredTarget, draftFleet, GAP } from '../../../domain/discovery.ts';
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
    expect(draft.targets.find(({ id }) => id !== 'ecs')).toMatchObject({ workload: GAP });
    // Of what is known nothing is asked again.
    expect(countGaps(draftFleet([found('api')], fleet))).toBe(0);
    expect(parseFleet(draftFleet([found('api')], fleet)).ok).toBe(true);
  });

  test('of another lever is another target', () => {
    const [, other] = draftFleet([found('a'), found('a', { lever: 'more' })], null).targets;
    expect(other).toMatchObject({ id: 'aws.ecs/eu-west-1/weddings/a#more', lever: 'more' });
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
