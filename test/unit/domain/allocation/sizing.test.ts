import { describe, expect, test } from '@jest/globals';
import type { Fleet, Queueing, ScalingTarget } from '../../../../domain/fleet.ts';
import { unitsNeeded } from '../../../../domain/sizing/units-needed.ts';
import { bookingsOf, contentOf, fleetOf, target } from '../../../support/planning.ts';

/** Floors and the first explanation of a fleet that serves 1,000 guests, all of a unit planned to be used. */
async function planned(targets: readonly ScalingTarget[], queueing?: Queueing, changes: Partial<Fleet> = {}) {
  const workloads = [{ id: 'api', unit: 'requests', demandPerUser: 1, ...(queueing && { queueing }) }];
  const { floors } = await contentOf(fleetOf(targets, { workloads, ...changes }), {
    bookings: bookingsOf({ a: 1_000 }),
    settings: { performanceTargets: { utilizationPercent: 100 } },
  });
  return {
    units: floors.map(({ targetId, floorUnits }) => `${targetId} ${floorUnits}`),
    text: floors[0]?.explanation.text,
  };
}

const QUEUE: Queueing = { kind: 'squareRoot', delayProbability: 0.2, serversPerUnit: 1 };

describe('floors', () => {
  test('are what the load takes, where nothing else is said', async () => {
    expect((await planned([target({ id: 't' })])).units).toEqual(['t 10']);
  });

  test('leave enough when one of their zones is lost, and say so', async () => {
    const { units, text } = await planned([target({ id: 't', zones: 3 })]);
    expect(units).toEqual(['t 15']);
    expect(text).toMatch(/is 10 units, and 15 so that the loss of one of 3 zones leaves enough\.$/);
  });

  test('keep the queue short: an offered load of 100 takes the square root of it more, times beta', async () => {
    const { units, text } = await planned([target({ id: 't', capacityPerUnit: 10 })], QUEUE);
    const needed = unitsNeeded(1_000, { capacityPerUnit: 10, utilizationPercent: 100, queueing: QUEUE });
    expect(needed).toBeGreaterThan(105);
    expect(units).toEqual([`t ${Math.ceil(needed)}`]);
    expect(text).toMatch(/is 100 units, and 11\d\.\d+ so that its queue stays short\.$/);
  });

  test('of a workload that waits are not spread over more targets than it needs: each has a queue of its own', async () => {
    const two = ['t', 'u'].map((id) => target({ id, capacityPerUnit: 10 }));
    const whole = await planned([target({ id: 't', capacityPerUnit: 10 })], QUEUE);
    expect((await planned(two, QUEUE)).units).toEqual(whole.units);
  });

  test('fit into a maximum that what waits would not fit into otherwise', async () => {
    const small = ['t', 'u'].map((id) => target({ id, capacityPerUnit: 10, maximumUnits: 60 }));
    const { units } = await planned(small, QUEUE);
    expect(units).toHaveLength(2);
    const sum = units.reduce((total, one) => total + Number(one.split(' ')[1]), 0);
    // Two queues of 50 wait more than one of 100.
    expect(sum).toBeGreaterThan(111);
    expect(sum).toBeLessThanOrEqual(120);
  });
});
