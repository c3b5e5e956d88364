import { describe, expect, test } from '@jest/globals';
import type { RecordedCall } from '../../../../activities/connections/_recording-guard.ts';
import { type ProviderTestSetup, testProvider } from '../../../../activities/connections/provider-test.ts';
import type { ConnectionChecker } from '../../../../activities/connections/registry.ts';
import type { Discover } from '../../../../domain/discovery.ts';
import { ProviderError } from '../../../../domain/errors.ts';
import { type ProviderTest, testSucceeded } from '../../../../domain/integration.ts';
import type { ServiceDescriptor } from '../../../../domain/service-descriptor.ts';
import { AWS_SERVICES } from '../../../../domain/services/aws.ts';
import { FakeScaler } from '../../../support/fake-scaler.ts';
import { target } from '../../../support/planning.ts';

const REGION = 'eu-west-1';
const IDENTITY = { account: '123456789012', arn: 'arn:aws:iam::123456789012:user/me' };
const QUOTA = {
  code: 'L-1',
  title: 'Tasks',
  quotaService: 'ecs',
  levers: ['tasks'],
  defaultLimit: 10,
  source: 'a test',
};

const [ECS] = AWS_SERVICES.filter(({ id }) => id === 'aws.ecs');

/** `aws.ecs` with the permissions and quotas of this test. */
function service(change: Partial<ServiceDescriptor> = {}): ServiceDescriptor {
  if (!ECS) throw new Error('aws.ecs is in the registry');
  const permissions = [
    { name: 'ecs:DescribeServices', verb: 'read' },
    { name: 'ecs:UpdateService', verb: 'write' },
  ] as const;
  return { ...ECS, permissions, quotas: [], ...change };
}

interface Scene {
  readonly checker?: ConnectionChecker;
  readonly calls?: readonly RecordedCall[];
  readonly services?: readonly ServiceDescriptor[];
  readonly regions?: readonly string[];
  readonly readError?: ProviderError;
  readonly declared?: boolean;
  /** Makes the scaler one that can look through a region. */
  readonly discover?: Discover;
}

async function tested(scene: Scene = {}): Promise<ProviderTest & { readonly reached: number }> {
  const scaler = Object.assign(new FakeScaler(), scene.discover && { discover: scene.discover });
  const own = target({ id: 'api', region: REGION });
  scaler.states.set(own.id, { owned: { kind: 'count', units: 2 }, servingUnits: 2 });
  if (scene.readError) scaler.readErrors.push(scene.readError);
  let reached = 0;
  const setup: ProviderTestSetup = {
    provider: 'aws',
    regions: scene.regions ?? [REGION],
    connection: { mode: 'real' },
    checker: scene.checker ?? { identity: async () => IDENTITY },
    calls: scene.calls ?? [],
    services: scene.services ?? [service()],
    scaler: async () => {
      reached += 1;
      return scaler;
    },
    targets: scene.declared === false ? [] : [own],
    limit: () => AbortSignal.timeout(5_000),
  };
  return { ...(await testProvider(setup)), reached };
}

const call = (operation: string, error?: unknown): RecordedCall => ({
  call: { provider: 'aws', region: REGION, api: 'ECS', operation },
  ...(error !== undefined && { error }),
});
const checker = (change: ConnectionChecker = {}): ConnectionChecker => ({
  identity: async () => IDENTITY,
  permissionOf: ({ operation }) => `ecs:${operation}`,
  lacksPermission: (error) => (error as Error).message === 'AccessDenied',
  ...change,
});
const statusOf = ({ permissions }: ProviderTest) => {
  return Object.fromEntries(permissions.map(({ name, status, how }) => [name, `${status} by ${how}`]));
};

describe('a permission', () => {
  test('is shown by the calls of the test, and asked about only where none needed it', async () => {
    const asked: (readonly string[])[] = [];
    const found = await tested({
      calls: [call('DescribeServices')],
      checker: checker({
        permissions: async (names) => {
          asked.push(names);
          return new Map([['ecs:UpdateService', { status: 'denied', how: 'simulation', message: 'no' }]]);
        },
      }),
    });
    expect(asked).toEqual([['ecs:UpdateService']]);
    expect(statusOf(found)).toEqual({
      'ecs:DescribeServices': 'allowed by call',
      'ecs:UpdateService': 'denied by simulation',
    });
    expect(testSucceeded(found)).toBe(false);
  });

  test('that one region refuses is denied, whatever the others say', async () => {
    const calls = [call('DescribeServices', new Error('AccessDenied')), call('DescribeServices')];
    const { permissions } = await tested({ calls, checker: checker() });
    expect(permissions[0]).toMatchObject({ status: 'denied', how: 'call', message: 'refused in eu-west-1' });
  });

  test('is not shown by a call that failed for another reason', async () => {
    const found = await tested({
      calls: [call('DescribeServices', new Error('Throttling'))],
      checker: checker(),
    });
    expect(statusOf(found)['ecs:DescribeServices']).toBe('notTested by none');
  });

  test('that nobody can be asked about is not tested, and harms nothing', async () => {
    const found = await tested();
    expect(statusOf(found)).toEqual({
      'ecs:DescribeServices': 'notTested by none',
      'ecs:UpdateService': 'notTested by none',
    });
    for (const { message } of found.permissions) expect(message).toMatch(/cannot ask aws/);
    expect(testSucceeded(found)).toBe(true);
  });

  test('of two services is one, which both need', async () => {
    const other = service({ id: 'aws.rds', permissions: [{ name: 'ecs:UpdateService', verb: 'read' }] });
    const { permissions } = await tested({ services: [service(), other] });
    expect(permissions.find(({ name }) => name === 'ecs:UpdateService')).toMatchObject({
      verb: 'write',
      services: ['aws.ecs', 'aws.rds'],
    });
  });

  test('is shown by a read of its service where calls have no names', async () => {
    const shownByRead = { 'aws.ecs': ['ecs:DescribeServices'] };
    expect(statusOf(await tested({ checker: { shownByRead } }))['ecs:DescribeServices']).toBe(
      'allowed by call',
    );
    const readError = new ProviderError('Transient', 'away');
    const failed = await tested({ checker: { shownByRead }, readError });
    expect(statusOf(failed)['ecs:DescribeServices']).toBe('notTested by none');
  });
});

describe('an identity', () => {
  test('that is not known ends the test: nothing else is asked', async () => {
    const found = await tested({
      checker: checker({
        identity: () => Promise.reject(new ProviderError('PermissionDenied', 'InvalidClientTokenId')),
        permissions: () => Promise.reject(new Error('it was asked')),
        quota: () => Promise.reject(new Error('it was asked')),
      }),
    });
    expect(found.identity).toEqual({
      status: 'failed',
      account: null,
      arn: null,
      message: 'InvalidClientTokenId',
    });
    expect([found.reads, found.quotas, found.reached]).toEqual([[], [], 0]);
    expect(found.permissions[0]?.message).toMatch(/nobody knows whose/);
  });

  test('that a cloud cannot be asked for is said to be not tested', async () => {
    const found = await tested({ checker: {} });
    expect(found.identity).toMatchObject({ status: 'notTested', arn: null });
    expect(testSucceeded(found)).toBe(true);
  });
});

describe('a read', () => {
  test('is made for every service and region, with how long it took', async () => {
    const { reads } = await tested({ regions: [REGION, 'us-east-1'] });
    expect(reads).toEqual([
      { service: 'aws.ecs', region: REGION, status: 'ok', latencyMs: expect.any(Number), message: '' },
      expect.objectContaining({ region: 'us-east-1', status: 'skipped', latencyMs: null }),
    ]);
  });

  test.each([
    ['Transient', 'failed'],
    ['PermissionDenied', 'failed'],
    ['NotFound', 'ok'],
  ] as const)('that throws %s is %s', async (kind, status) => {
    const { reads } = await tested({ readError: new ProviderError(kind, 'so it is') });
    expect(reads[0]).toMatchObject({ status, message: 'so it is' });
  });

  test.each([
    ['Transient', 'failed', /^so it is$/],
    // Looking takes rights that scaling does not need.
    ['PermissionDenied', 'skipped', /declares no target .* may not be looked through: so it is$/],
  ] as const)('by looking where nothing is declared, that throws %s, is %s', async (kind, status, words) => {
    const discover: Discover = async function* denied() {
      yield* [];
      throw new ProviderError(kind, 'so it is');
    };
    const found = await tested({ declared: false, discover });
    expect(found.reads[0]).toMatchObject({ status, message: expect.stringMatching(words) });
    expect(testSucceeded(found)).toBe(status === 'skipped');
  });

  test('by looking looks at one thing only', async () => {
    const asked: unknown[] = [];
    const discover: Discover = async function* nothing(_region, options) {
      asked.push(options);
      yield* [];
    };
    expect((await tested({ declared: false, discover })).reads[0]).toMatchObject({ status: 'ok' });
    expect(asked).toEqual([{ tagKey: 'wedsync:fleet', atMost: 1 }]);
  });
});

describe('a quota', () => {
  const quotas = [QUOTA];
  const services = [service({ quotas }), service({ id: 'aws.rds', quotas })];

  test('is read once per region, whatever number of services name it', async () => {
    const regions = [REGION, 'us-east-1'];
    const found = await tested({ services, regions, checker: checker({ quota: async () => 250 }) });
    expect(found.quotas).toEqual(
      regions.map((region) => ({
        region,
        status: 'read',
        code: 'L-1',
        title: 'Tasks',
        limit: 250,
        message: '',
      })),
    );
  });

  test.each<[string, Scene, RegExp]>([
    ['where it cannot be had', { services, checker: checker({ quota: failing }) }, /no answer/],
    ['where the cloud has no part for it', { services, checker: checker() }, /does not read quotas of aws/],
    ['where none is described', { checker: checker() }, /no quota of aws is described/],
  ])('is said to be unread %s, and harms nothing', async (_where, scene, words) => {
    const found = await tested(scene);
    expect(found.quotas).toMatchObject([
      { status: 'unread', limit: null, message: expect.stringMatching(words) },
    ]);
    expect(testSucceeded(found)).toBe(true);
  });
});

function failing(): Promise<number> {
  return Promise.reject(new ProviderError('Transient', 'no answer'));
}
