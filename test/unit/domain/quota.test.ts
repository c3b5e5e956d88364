import type { PlannedFloor, Requirements } from '../../../domain/plan.ts';
import { type QuotaReading, quotaFaults } from '../../../domain/quota.ts';
import { SERVICES } from '../../../domain/services.ts';
import { fleetOf, planOf, target } from '../../support/planning.ts';

const reading = (fields: Partial<QuotaReading> = {}): QuotaReading => ({
  provider: 'aws',
  quota: 'L-3032A538',
  title: 'Fargate On-Demand vCPU resource count',
  quotaService: 'fargate',
  region: 'eu-west-1',
  unit: 'vCPU',
  limit: 100,
  used: 40,
  perUnit: { a: 2 },
  ...fields,
});

const floor = (targetId: string, floorUnits: number, step = 0) =>
  ({ targetId, floorUnits, step }) as PlannedFloor;

const live = (floorUnits: number, servingUnits: number | null = floorUnits): Requirements['live'] => ({
  a: { floorUnits, servingUnits },
  b: { floorUnits, servingUnits },
});

describe('a plan against quotas', () => {
  test.each<[string, readonly QuotaReading[], readonly PlannedFloor[], Requirements['live'], number | null]>([
    ['room for all of it', [reading()], [floor('a', 40)], live(10), null],
    ['room to the last unit', [reading({ limit: 100 })], [floor('a', 40)], live(10), null],
    ['one unit too many', [reading()], [floor('a', 41)], live(10), 2],
    [
      'nothing is added, though the quota is overdrawn',
      [reading({ used: 500 })],
      [floor('a', 10)],
      live(10),
      null,
    ],
    ['a floor below what is there', [reading({ used: 500 })], [floor('a', 4)], live(10), null],
    ['what serves above the floor is in use already', [reading()], [floor('a', 50)], live(4, 30), null],
    [
      'what is on its way is in use already',
      [reading({ counted: { a: 30 } })],
      [floor('a', 50)],
      live(4, 10),
      null,
    ],
    [
      'what is on its way, of another target',
      [reading({ counted: { b: 30 } })],
      [floor('a', 50)],
      live(4, 10),
      20,
    ],
    ['what serves is not known', [reading()], [floor('a', 50)], live(4, null), 32],
    ['a target that takes nothing of it', [reading()], [floor('b', 900)], live(10), null],
    [
      'two targets of one quota together',
      [reading({ perUnit: { a: 2, b: 1 } })],
      [floor('a', 30), floor('b', 40)],
      live(10),
      10,
    ],
    [
      'each alone would fit, in steps of their own',
      [reading({ perUnit: { a: 2, b: 1 } })],
      [floor('a', 30), floor('b', 40, 1)],
      live(10),
      null,
    ],
    [
      'the worst step counts',
      [reading()],
      [floor('a', 42), floor('a', 60, 1), floor('a', 41, 2)],
      live(10),
      40,
    ],
    ['part of the limit is never given away', [reading({ withheld: 10 })], [floor('a', 38)], live(10), 6],
    ['shares of a unit', [reading({ perUnit: { a: 0.25 } })], [floor('a', 251)], live(10), 0.25],
    [
      'what a raise replaces counts with it',
      [reading({ perRaise: { a: 30 } })],
      [floor('a', 26)],
      live(10),
      2,
    ],
    [
      'what a raise replaces counts alone, where enough serves already',
      [reading({ perUnit: {}, perRaise: { a: 61 } })],
      [floor('a', 20)],
      live(4, 30),
      1,
    ],
    [
      'nothing is replaced where nothing is raised',
      [reading({ perRaise: { a: 900 } })],
      [floor('a', 10)],
      live(10),
      null,
    ],
    ['no quota is known', [], [floor('a', 9_000)], live(10), null],
    ['a new target', [reading()], [floor('a', 31)], {}, 2],
  ])('%s', (_what, readings, floors, now, shortfall) => {
    const faults = quotaFaults(readings, floors, now);
    expect(faults.map((fault) => fault.shortfall)).toEqual(
      shortfall === null ? [] : [expect.closeTo(shortfall, 6)],
    );
  });

  test('one quota read by two services is one, with the more careful figures', () => {
    const floors = [floor('a', 30), floor('b', 40)];
    const readings = [
      reading({ perUnit: { a: 1 }, counted: { a: 14 }, used: 60, limit: 100 }),
      reading({ perUnit: { b: 1 }, perRaise: { b: 5 }, counted: { b: 16 }, used: 62, limit: 104 }),
    ];
    const faults = quotaFaults(readings, floors, live(10));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.quota).toMatchObject({ limit: 100, used: 62, needed: 45, desired: 107 });
  });

  test.each([
    ['regions', reading({ region: 'us-east-1', perUnit: { b: 2 } })],
    ['quotas', reading({ quota: 'L-36FBB829', perUnit: { b: 2 } })],
    ['resources', reading({ resource: 'thumbnails', perUnit: { b: 2 } })],
  ])('targets of two %s share nothing', (_what, other) => {
    expect(quotaFaults([reading(), other], [floor('a', 40), floor('b', 40)], live(10))).toEqual([]);
  });

  test('says quota, code, region, limit, use, need, shortfall and the request to file', () => {
    const [fault] = quotaFaults([reading()], [floor('a', 50, 3)], live(10));
    expect(fault).toEqual({
      constraint: 'quota',
      resource: 'fargate/L-3032A538/eu-west-1',
      shortfall: 20,
      unit: 'vCPU',
      message:
        'quota: Fargate On-Demand vCPU resource count (L-3032A538) in eu-west-1 allows 100 vCPU, 40 are used now, and a need 80 on top in step 3: 20 too many. ' +
        'Request more, then plan again: aws service-quotas request-service-quota-increase --service-code fargate --quota-code L-3032A538 --desired-value 120 --region eu-west-1',
      quota: {
        code: 'L-3032A538',
        title: 'Fargate On-Demand vCPU resource count',
        quotaService: 'fargate',
        region: 'eu-west-1',
        limit: 100,
        used: 40,
        needed: 80,
        desired: 120,
      },
    });
  });

  test.each(
    SERVICES.filter(({ provider }) => provider === 'aws').flatMap(({ id, quotas }) =>
      quotas.map(({ code, quotaService }) => [id, code, quotaService] as const),
    ),
  )('has a request of %s for %s that the command line of AWS takes', (_id, quota, quotaService) => {
    const [fault] = quotaFaults([reading({ quota, quotaService })], [floor('a', 50)], live(10));
    // Source: Service Quotas API reference, RequestServiceQuotaIncrease, patterns of its members.
    expect(fault?.message).toMatch(
      /: aws service-quotas request-service-quota-increase --service-code [a-zA-Z][a-zA-Z0-9-]{1,63} --quota-code L-[0-9A-F]{8} --desired-value \d{1,10} --region [a-z0-9-]+$/,
    );
  });

  test('asks for whole units, names a few targets and counts the others', () => {
    const ids = Array.from({ length: 8 }, (_, index) => `t${index}`);
    const perUnit = Object.fromEntries(ids.map((id) => [id, 0.3]));
    const floors = ids.map((id) => floor(id, 30));
    const [fault] = quotaFaults([reading({ perUnit })], floors, {});
    expect(fault?.quota?.desired).toBe(112);
    expect(fault?.message).toContain('t0, t1, t2, t3, t4 and 3 more need 72 on top');
  });

  test.each([
    [120, /-desired-value 120 --region eu-west-1$/],
    [119, /too many\. It would have to be 120 and cannot be raised above 119: plan for fewer units here/],
  ])('asks for no more than the vendor grants anybody: %d', (highestGranted, remedy) => {
    const [fault] = quotaFaults([reading({ highestGranted })], [floor('a', 50)], live(10));
    expect(fault?.message).toMatch(remedy);
  });

  test('says what else to do where it is no matter of asking the vendor', () => {
    const [fault] = quotaFaults(
      [reading({ remedy: 'Raise what it has reserved.' })],
      [floor('a', 50)],
      live(10),
    );
    expect(fault?.message).toMatch(/20 too many\. Raise what it has reserved\. It has to be 120\.$/);
    const [other] = quotaFaults([reading({ provider: 'gcp' })], [floor('a', 50)], live(10));
    expect(other?.message).toMatch(/Ask the vendor for 120, then plan again\.$/);
  });
});

describe('an allocation', () => {
  const fleet = fleetOf([target({ id: 't', baselineUnits: 2 })]);
  const quotas = (limit: number) => ({
    readings: [reading({ perUnit: { t: 1 }, used: 2, limit })],
    unread: [],
  });

  test('is infeasible over a quota, and made where the quota suffices', async () => {
    const refused = await planOf(fleet, { quotas: quotas(9) });
    expect(refused).toMatchObject({
      status: 'infeasible',
      infeasibilities: [{ constraint: 'quota', shortfall: 1, quota: { needed: 8 } }],
    });
    expect((await planOf(fleet, { quotas: quotas(10) })).status).toBe('planned');
  });

  test('is made without quotas that could not be read, and says which', async () => {
    const unread = ['b', 'a'].map((reason) => ({ service: 'aws.ecs', region: 'r1', reason }));
    const planned = await planOf(fleet, { quotas: { readings: [], unread } });
    expect(planned).toMatchObject({ status: 'planned', content: { unreadQuotas: ['a', 'b'] } });
  });

  test('has the same content with and without quotas that suffice: they are no input of a plan', async () => {
    expect(await planOf(fleet, { quotas: quotas(10) })).toEqual(await planOf(fleet));
  });
});
