import { describe, expect, test } from '@jest/globals';
import { usesNetwork } from '../../../../domain/allocation/network.ts';
import type { Workload } from '../../../../domain/fleet.ts';
import { egressUsdPerGb } from '../../../../domain/tables/egress.ts';
import { roundTripMs } from '../../../../domain/tables/latency.ts';
import { bookingsOf, fleetOf, planOf, target } from '../../../support/planning.ts';

const NEAR = target({ id: 'near', region: 'eu-west-1', maximumUnits: 20 });
const FAR = target({ id: 'far', region: 'us-east-1', maximumUnits: 20, hourlyUsdPerUnit: 0.05 });
const market = (id: string) => ({
  id,
  name: id,
  timeZone: 'Europe/London',
  allowedRegions: ['eu-west-1', 'us-east-1'],
});
const fleet = (workload: Partial<Workload> = {}) =>
  fleetOf([NEAR, FAR], {
    markets: [market('a'), market('b')],
    workloads: [{ id: 'api', unit: 'requests', demandPerUser: 1, ...workload }],
  });
const network = { roundTripMs, egressUsdPerGb };

describe('what is known of networks', () => {
  test.each<[Partial<Workload>, boolean]>([
    [{}, false],
    [{ egressGbPerUnit: 0 }, false],
    [{ maximumRoundTripMs: 50 }, true],
    [{ egressGbPerUnit: 0.001 }, true],
  ])('is part of what a plan follows from only where a workload asks for it: %j', (workload, uses) => {
    expect(usesNetwork(fleet(workload))).toBe(uses);
  });

  test.each<[string, Partial<Workload>, string]>([
    ['the cheaper region carries all where nothing is said', {}, 'far'],
    ['guests in London are too far from Virginia for 50 ms', { maximumRoundTripMs: 50 }, 'near'],
  ])('%s', async (_, workload, carrier) => {
    const guests = bookingsOf({ a: 1_000 }).map((one) => ({ ...one, timeZone: 'Europe/London' }));
    const outcome = await planOf(fleet(workload), { bookings: guests, network });
    if (outcome.status !== 'planned') throw new Error(JSON.stringify(outcome.infeasibilities));
    expect(outcome.content.floors.map(({ targetId }) => targetId)).toEqual([carrier]);
  });
});
