import { describe, expect, test } from '@jest/globals';
import {
  complaintOf,
  containerHealth,
  healthByTest,
  overallHealth,
  type PermissionFinding,
  type ProviderTest,
  type ReadFinding,
  servicesRead,
  testSucceeded,
} from '../../../domain/integration.ts';

const TESTED_AT = '2027-01-01T12:00:00.000Z';
const SOON_MS = Date.parse(TESTED_AT) + 60_000;

const read = (status: ReadFinding['status'], service = 'aws.ecs', message = ''): ReadFinding => ({
  service,
  region: 'eu-west-1',
  status,
  latencyMs: 12,
  message,
});

const permission = (status: PermissionFinding['status']): PermissionFinding => ({
  name: 'ecs:UpdateService',
  verb: 'write',
  services: ['aws.ecs'],
  status,
  how: 'simulation',
  message: '',
});

function found(change: Partial<ProviderTest> = {}): ProviderTest {
  return {
    environment: 'real',
    testedAt: TESTED_AT,
    durationMs: 100,
    identity: { status: 'proven', account: '1', arn: 'a', message: '' },
    permissions: [permission('allowed')],
    quotas: [],
    reads: [read('ok')],
    ...change,
  };
}

const failedIdentity = {
  status: 'failed',
  account: null,
  arn: null,
  message: 'InvalidClientTokenId',
} as const;
const unaskedIdentity = { ...failedIdentity, status: 'notTested' } as const;

describe('a test of a provider', () => {
  test.each<[string, Partial<ProviderTest>, boolean, string]>([
    ['everything works', {}, true, 'healthy'],
    ['the identity is not known', { identity: failedIdentity, reads: [] }, false, 'unhealthy'],
    ['one permission is denied', { permissions: [permission('denied')] }, false, 'degraded'],
    ['one permission was not tested', { permissions: [permission('notTested')] }, true, 'healthy'],
    ['one read failed', { reads: [read('ok'), read('failed')] }, false, 'degraded'],
    ['every read failed', { reads: [read('failed'), read('skipped')] }, false, 'unhealthy'],
    ['nothing was there to be read', { reads: [read('skipped')] }, true, 'healthy'],
    ['only a read shows the identity', { identity: unaskedIdentity }, true, 'healthy'],
    [
      'nothing shows the identity',
      { identity: unaskedIdentity, reads: [read('skipped')] },
      false,
      'degraded',
    ],
  ])('of which %s', (_what, change, success, health) => {
    expect(testSucceeded(found(change))).toBe(success);
    expect(healthByTest(found(change), SOON_MS)).toBe(health);
  });

  test('says nothing once three more were missed, or before the first', () => {
    expect(healthByTest(found(), Date.parse(TESTED_AT) + 15 * 60_000)).toBe('healthy');
    expect(healthByTest(found(), Date.parse(TESTED_AT) + 15 * 60_000 + 1)).toBe('unknown');
    expect(healthByTest(null, SOON_MS)).toBe('unknown');
  });

  test('names what is wrong in a line', () => {
    expect(complaintOf(found())).toBe('');
    expect(complaintOf(found({ identity: failedIdentity }))).toBe('InvalidClientTokenId');
    const reads = [read('failed', 'aws.ecs', 'no answer')];
    expect(complaintOf(found({ permissions: [permission('denied')], reads }))).toBe(
      'denied: ecs:UpdateService; aws.ecs in eu-west-1: no answer',
    );
  });

  test('names the services that answered, once each', () => {
    const reads = [read('ok'), read('ok'), read('failed', 'aws.rds'), read('skipped', 'aws.eks')];
    expect(servicesRead(found({ reads }))).toEqual(['aws.ecs']);
  });

  test('tells of container services by the last read of each, and of nothing that is stale', () => {
    const test = found({ reads: [read('ok'), read('failed', 'aws.eks', 'down'), read('ok', 'aws.rds')] });
    const health = (nowMs: number) => containerHealth(test, nowMs).map((one) => [one.service, one.status]);
    expect(health(SOON_MS)).toEqual([
      ['aws.ecs', 'healthy'],
      ['aws.eks', 'unhealthy'],
    ]);
    expect(health(SOON_MS + 3_600_000)).toEqual([
      ['aws.ecs', 'unknown'],
      ['aws.eks', 'unknown'],
    ]);
    expect(containerHealth(null, SOON_MS)).toEqual([]);
  });
});

test.each([
  [[], 'unknown'],
  [['healthy', 'healthy'], 'healthy'],
  [['healthy', 'unknown'], 'unknown'],
  [['healthy', 'degraded'], 'degraded'],
  [['healthy', 'unhealthy'], 'degraded'],
  [['unknown', 'degraded'], 'degraded'],
  [['unhealthy', 'unhealthy'], 'unhealthy'],
] as const)('the health of %j together is %s', (parts, whole) => {
  expect(overallHealth(parts)).toBe(whole);
});
