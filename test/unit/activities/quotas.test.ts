import { pino } from 'pino';
import { readQuotas } from '../../../activities/quotas.ts';
import { createVendorWatch, type VendorWatch } from '../../../activities/vendor-watch.ts';
import { ProviderError, type ProviderErrorKind } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { QuotaReading } from '../../../domain/quota.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import { FakeScaler } from '../../support/fake-scaler.ts';
import { target } from '../../support/planning.ts';

/** A scaler that can also say its quotas: one reading per call, or an error. */
class QuotaScaler extends FakeScaler {
  readonly asked: string[] = [];
  error: Error | null = null;
  /** Ids of targets that nothing can be said of, the first to be found first. */
  refused: readonly string[] = [];

  /** What a read does besides, e.g. take time. */
  onRead: () => void = () => undefined;

  async quotas(targets: readonly ScalingTarget[]): Promise<readonly QuotaReading[]> {
    this.asked.push(targets.map(({ id }) => id).join());
    this.onRead();
    if (this.error) throw this.error;
    const resource = this.refused.find((id) => targets.some((one) => one.id === id));
    if (resource) throw new ProviderError('InvalidTarget', `nobody knows ${resource}`, { resource });
    return [{ quota: `q-${targets[0]?.region}` } as QuotaReading];
  }
}

function read(
  scalers: Readonly<Record<string, Scaler>>,
  targets: readonly ScalingTarget[],
  { call, nowMs }: { readonly call: VendorWatch['call']; readonly nowMs?: () => number } = createVendorWatch(
    5_000,
  ),
) {
  const unknown = async () => Promise.reject(new Error('not asked for'));
  const adapters = {
    scaler: async (service: string) => scalers[service] ?? unknown(),
    router: unknown,
    monitor: unknown,
  };
  const deps = { adapters, log: pino({ level: 'silent' }) };
  return readQuotas(deps, targets, call, nowMs);
}

const ECS = [
  target({ id: 'a' }),
  target({ id: 'b' }),
  target({ id: 'c', region: 'r2' }),
] satisfies readonly ScalingTarget[];

describe('reading quotas for a plan', () => {
  test('asks each service once per region, and only those that have any to say', async () => {
    const ecs = new QuotaScaler();
    const targets = [...ECS, target({ id: 'k', service: 'kubernetes.hpa' })];
    const found = await read({ 'aws.ecs': ecs, 'kubernetes.hpa': new FakeScaler() }, targets);
    expect(ecs.asked).toEqual(['a,b', 'c']);
    expect(found).toEqual({ readings: [{ quota: 'q-r1' }, { quota: 'q-r2' }], unread: [] });
  });

  test.each<ProviderErrorKind>(['PermissionDenied', 'NotFound', 'InvalidTarget'])(
    'a refusal of kind %s is said, and no figure takes its place',
    async (kind) => {
      const ecs = new QuotaScaler();
      ecs.error = new ProviderError(kind, 'not authorized to perform: servicequotas:GetServiceQuota');
      const { readings, unread } = await read({ 'aws.ecs': ecs }, ECS.slice(0, 1));
      expect(readings).toEqual([]);
      expect(unread).toEqual([
        {
          service: 'aws.ecs',
          region: 'r1',
          reason:
            'quotas of aws.ecs in r1 could not be read: not authorized to perform: servicequotas:GetServiceQuota',
        },
      ]);
    },
  );

  test('one target that nothing can be said of does not hide what binds the others', async () => {
    const ecs = new QuotaScaler();
    ecs.refused = ['b', 'a'];
    const targets = [...ECS.slice(0, 2), target({ id: 'd' })];
    const { readings, unread } = await read({ 'aws.ecs': ecs }, targets);
    expect(ecs.asked).toEqual(['a,b,d', 'a,d', 'd']);
    expect(readings).toEqual([{ quota: 'q-r1' }]);
    expect(unread.map(({ reason }) => reason)).toEqual([
      'quotas of aws.ecs in r1 were read without b: nobody knows b',
      'quotas of aws.ecs in r1 were read without a: nobody knows a',
    ]);
  });

  test('others that cannot be read either are not said to have been read without one', async () => {
    const ecs = new QuotaScaler();
    ecs.refused = ['b'];
    ecs.onRead = () => {
      if (ecs.asked.length === 2) ecs.error = new ProviderError('PermissionDenied', 'denied');
    };
    const { readings, unread } = await read({ 'aws.ecs': ecs }, ECS.slice(0, 2));
    expect(readings).toEqual([]);
    expect(unread.map(({ reason }) => reason)).toEqual([
      'quotas of aws.ecs in r1 could not be read: nobody knows b',
      'quotas of aws.ecs in r1 could not be read: denied',
    ]);
  });

  describe('of many targets that nothing can be said of', () => {
    const targets = Array.from({ length: 40 }, (_, index) => target({ id: `t${index}` }));

    /** Reads that take so long each, and the time that each was given. */
    async function reading(takesMs: number, error: Error | null = null) {
      const ecs = new QuotaScaler();
      ecs.refused = targets.slice(1).map(({ id }) => id);
      let atMs = 0;
      ecs.onRead = () => {
        atMs += takesMs;
        if (ecs.asked.length > 1) ecs.error = error;
      };
      const limits: (number | undefined)[] = [];
      const call: VendorWatch['call'] = (run, timeoutMs) => {
        limits.push(timeoutMs);
        return run(new AbortController().signal);
      };
      const found = await read({ 'aws.ecs': ecs }, targets, { call, nowMs: () => atMs });
      return { ...found, limits };
    }

    test('the others are read without some, and not without any number of them', async () => {
      const { readings, unread, limits } = await reading(1);
      expect([readings, limits.length, unread.length]).toEqual([[], 11, 11]);
      expect(unread[0]?.reason).toBe('quotas of aws.ecs in r1 could not be read: nobody knows t1');
    });

    test('all reads have the time of one', async () => {
      const { readings, unread, limits } = await reading(30_000);
      expect(limits).toEqual([90_000, 60_000, 30_000]);
      expect([readings, unread.length]).toEqual([[], 3]);
    });

    test('a read that had too little time left is said, for a retry would have no more', async () => {
      const { readings, unread } = await reading(45_000, new ProviderError('Transient', 'took too long'));
      expect(readings).toEqual([]);
      expect(unread.map(({ reason }) => reason)).toEqual([
        'quotas of aws.ecs in r1 could not be read: nobody knows t1',
        'quotas of aws.ecs in r1 could not be read: took too long',
      ]);
    });

    test('a read that fails with time left is thrown', async () => {
      const failing = reading(1_000, new ProviderError('Transient', '503'));
      await expect(failing).rejects.toMatchObject({ kind: 'Transient' });
    });
  });

  test('the only target of a region that nothing can be said of leaves nothing to read', async () => {
    const ecs = new QuotaScaler();
    ecs.refused = ['a'];
    const { readings, unread } = await read({ 'aws.ecs': ecs }, ECS.slice(0, 1));
    expect([readings, ecs.asked]).toEqual([[], ['a']]);
    expect(unread).toMatchObject([{ reason: 'quotas of aws.ecs in r1 could not be read: nobody knows a' }]);
  });

  test.each<ProviderErrorKind>(['Transient', 'Throttled'])(
    'what a retry may mend is thrown: %s',
    async (kind) => {
      const ecs = new QuotaScaler();
      ecs.error = new ProviderError(kind, 'away', { retryAfterMs: 3_000 });
      await expect(read({ 'aws.ecs': ecs }, ECS)).rejects.toMatchObject({
        kind,
        retryAfterMs: 3_000,
        message: expect.stringMatching(/^quotas of aws\.ecs in r1 could not be read: away$/),
      });
    },
  );

  test('what a retry may mend says of no target that the others were read without it', async () => {
    const ecs = new QuotaScaler();
    ecs.error = new ProviderError('Transient', 'away', { resource: 'b' });
    await expect(read({ 'aws.ecs': ecs }, ECS)).rejects.toThrow(
      'quotas of aws.ecs in r1 could not be read: away',
    );
    expect(ecs.asked).toEqual(['a,b', 'c']);
  });

  test('an error that is none of a vendor passes as it is', async () => {
    const ecs = new QuotaScaler();
    ecs.error = new TypeError('a defect');
    await expect(read({ 'aws.ecs': ecs }, ECS)).rejects.toBe(ecs.error);
  });
});
