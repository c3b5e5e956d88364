import { describe, expect, test } from '@jest/globals';
import { ProviderError } from '../../../domain/errors.ts';
import {
  ceilingOf,
  floorOf,
  isPartWay,
  type OwnedFields,
  planFloor,
  sameOwned,
  settable,
  withoutDecrease,
  withoutIncrease,
} from '../../../domain/owned-fields.ts';

const VENDOR = { maximumUnits: 100, unitName: 'units' };
const classes = [
  { name: 'large', units: 2 },
  { name: 'xlarge', units: 4 },
  { name: '2xlarge', units: 8 },
];
const rung = (className: string): OwnedFields => ({
  kind: 'class',
  className,
  units: classes.find(({ name }) => name === className)?.units ?? 0,
});
const range: OwnedFields = { kind: 'range', minimumUnits: 2, maximumUnits: 6 };
const size: OwnedFields = { kind: 'size', minimumUnits: 1, units: 2, maximumUnits: 6, onDemandPercent: 100 };
const shards: OwnedFields = { kind: 'count', units: 2, members: ['0001', '0002'] };

describe('a plan of owned fields', () => {
  test.each<[string, OwnedFields, object, OwnedFields]>([
    ['a range', range, {}, { kind: 'range', minimumUnits: 4, maximumUnits: 6 }],
    [
      'a range past its maximum',
      range,
      { floorUnits: 9 },
      { kind: 'range', minimumUnits: 9, maximumUnits: 9 },
    ],
    ['a size, all three of it', size, {}, { ...size, minimumUnits: 4, units: 4 }],
    [
      'a size with a declared share',
      size,
      { onDemandPercent: 60 },
      { ...size, minimumUnits: 4, units: 4, onDemandPercent: 60 },
    ],
    [
      'a range of a vendor without shares',
      range,
      { onDemandPercent: 60 },
      { kind: 'range', minimumUnits: 4, maximumUnits: 6 },
    ],
    ['a count, whose members stay known', shards, {}, { kind: 'count', units: 4, members: ['0001', '0002'] }],
    ['a class, by the next rung', rung('large'), { floorUnits: 3 }, rung('xlarge')],
  ])('raises %s', (_name, now, change, want) => {
    const ask = { floorUnits: 4, maximumUnits: 50, classes, ...change };
    const planned = planFloor(now, ask, VENDOR);
    expect(planned).toEqual(want);
    expect(floorOf(planned)).toBeGreaterThanOrEqual(ask.floorUnits);
    expect(planFloor(planned, ask, VENDOR)).toEqual(planned);
  });

  test.each([range, size, shards, rung('xlarge')])('leaves %p alone below its floor', (now) => {
    expect(
      planFloor(now, { floorUnits: floorOf(now), maximumUnits: 50, classes, onDemandPercent: 0 }, VENDOR),
    ).toBe(now);
  });

  test('takes no rung beyond the maximum, though a smaller one does not carry the floor', () => {
    const ask = { floorUnits: 5, maximumUnits: 7, classes };
    expect(() => planFloor(rung('large'), ask, VENDOR)).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 4 }),
    );
  });

  test('refuses what no rung carries, with the most that one does', () => {
    const ask = { floorUnits: 9, maximumUnits: 50, classes };
    expect(() => planFloor(rung('large'), ask, VENDOR)).toThrow(/largest is 2xlarge/);
    try {
      planFloor(rung('large'), ask, VENDOR);
    } catch (error) {
      expect((error as ProviderError).highestAcceptableUnits).toBe(8);
    }
  });
});

describe('what may be set', () => {
  test.each<[OwnedFields, OwnedFields, OwnedFields]>([
    [
      { kind: 'count', units: 9 },
      { kind: 'count', units: 3 },
      { kind: 'count', units: 9 },
    ],
    [
      { kind: 'range', minimumUnits: 9, maximumUnits: 12 },
      range,
      { kind: 'range', minimumUnits: 2, maximumUnits: 12 },
    ],
    [
      { kind: 'size', minimumUnits: 9, units: 9, maximumUnits: 12, onDemandPercent: 40 },
      size,
      { kind: 'size', minimumUnits: 1, units: 9, maximumUnits: 12, onDemandPercent: 100 },
    ],
    [rung('2xlarge'), rung('large'), rung('2xlarge')],
  ])('while the gate is closed, of %p towards %p', (live, want, allowed) => {
    expect(withoutDecrease(live, want)).toEqual(allowed);
    expect(ceilingOf(allowed)).toBe(ceilingOf(live));
  });

  test.each<[OwnedFields, OwnedFields]>([
    [
      { kind: 'count', units: 1 },
      { kind: 'count', units: 3 },
    ],
    [{ kind: 'range', minimumUnits: 1, maximumUnits: 4 }, range],
    [{ kind: 'size', minimumUnits: 0, units: 1, maximumUnits: 3, onDemandPercent: 100 }, size],
    [{ kind: 'size', minimumUnits: 0, units: 1, maximumUnits: 3, onDemandPercent: 20 }, size],
    [
      { kind: 'range', minimumUnits: 1, maximumUnits: 4, onDemandPercent: 20 },
      { kind: 'range', minimumUnits: 3, maximumUnits: 4, onDemandPercent: 70 },
    ],
    [rung('large'), rung('xlarge')],
  ])('by a release that finds less than the pre-state: %p is not raised towards %p', (live, want) => {
    expect(withoutIncrease(live, want)).toEqual(live);
  });

  test('a kind that the resource does not have is refused', () => {
    expect(settable('t', range, range, ['count', 'range'])).toBe(range);
    for (const [seen, want] of [
      [range, shards],
      [size, size],
    ] as const) {
      expect(() => settable('t', seen, want, ['count', 'range'])).toThrow(ProviderError);
    }
  });
});

test('members and a pause are no part of whether two values are the same, a share is', () => {
  expect(sameOwned(range, { ...range, pauseAfterSeconds: 600 })).toBe(true);
  expect(sameOwned(shards, { kind: 'count', units: 2 })).toBe(true);
  expect(sameOwned(size, { ...size, onDemandPercent: 50 })).toBe(false);
  expect(sameOwned(range, shards)).toBe(false);
});

test.each<[OwnedFields, boolean]>([
  [{ kind: 'count', units: 3 }, true],
  [{ kind: 'count', units: 5 }, true],
  [{ kind: 'count', units: 8 }, true],
  [{ kind: 'count', units: 9 }, false],
  [{ kind: 'count', units: 2 }, false],
  [range, false],
])('%p is part of the way between three and eight: %p', (live, partWay) => {
  const [low, high] = [3, 8].map((units): OwnedFields => ({ kind: 'count', units })) as [
    OwnedFields,
    OwnedFields,
  ];
  expect(isPartWay(low, high, live)).toBe(partWay);
  expect(isPartWay(high, low, live)).toBe(partWay);
});
