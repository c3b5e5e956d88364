import { scalerByLever } from '../../../../../activities/scalers/aws/_levers.ts';
import type { ScalingTarget } from '../../../../../domain/fleet.ts';
import type { Scaler } from '../../../../../domain/scaler.ts';
import { rdsTarget } from '../../../../support/fake-rds.ts';

const signal = new AbortController().signal;

/** A lever's scaler that says which one was asked, and for whom. */
function lever(name: string, calls: string[], batchSize = 100): Scaler {
  const asked = <T>(call: string, targets: readonly ScalingTarget[], value: T): Map<string, T> => {
    calls.push(`${name} ${call} ${targets.map(({ reference }) => Object.values(reference)).join(',')}`);
    return new Map(targets.map(({ id }) => [id, value]));
  };
  const owned = { kind: 'count', units: batchSize } as const;
  return {
    batchSize,
    read: async (targets) => asked('read', targets, { owned, servingUnits: 1, fence: null }),
    plan: () => owned,
    apply: async (target) => {
      asked('apply', [target], null);
      return { vendorRequestId: name };
    },
    progress: async (targets) => asked('progress', targets, { status: 'settled', servingUnits: 1 } as const),
  };
}

describe('a service with several levers', () => {
  const calls: string[] = [];
  const scaler = scalerByLever('aws.rds', {
    readers: lever('readers', calls, 50),
    'serverless-capacity': lever('capacity', calls, 70),
    'instance-class': lever('class', calls),
    storage: lever('storage', calls),
  });
  const { lever: _lever, ...first } = rdsTarget('readers', { cluster: 'a' });
  const targets = [
    first,
    rdsTarget('storage', { instance: 'x' }),
    rdsTarget('readers', { cluster: 'b' }),
    rdsTarget('instance-class', { instance: 'x' }),
  ];

  beforeEach(() => calls.splice(0));

  test('asks every lever once for its own targets, the first for those that name none', async () => {
    const states = await scaler.read(targets, signal);
    expect([...states.keys()].toSorted()).toEqual(targets.map(({ id }) => id).toSorted());
    await scaler.progress(targets, new Map(), signal);
    expect(calls.toSorted()).toEqual([
      'class progress x',
      'class read x',
      'readers progress a,b',
      'readers read a,b',
      'storage progress x',
      'storage read x',
    ]);
  });

  test('plans and applies by the lever that is asked for, the first where none is', async () => {
    const now = { kind: 'count', units: 1 } as const;
    const plan = (id?: string) => scaler.plan(now, { floorUnits: 1, maximumUnits: 1, lever: id });
    expect([plan(), plan('serverless-capacity')]).toEqual([
      { kind: 'count', units: 50 },
      { kind: 'count', units: 70 },
    ]);
    const state = { owned: now, servingUnits: 1, fence: null };
    const [, storage] = targets as [ScalingTarget, ScalingTarget];
    await expect(scaler.apply(storage, state, now, 'key', signal)).resolves.toEqual({
      vendorRequestId: 'storage',
    });
  });

  test('takes the smallest batch of them all, and no lever it does not have', () => {
    expect(scaler.batchSize).toBe(50);
    const now = { kind: 'count', units: 1 } as const;
    expect(() => scaler.plan(now, { floorUnits: 1, maximumUnits: 1, lever: 'toString' })).toThrow(
      expect.objectContaining({ kind: 'InvalidTarget' }),
    );
  });
});
