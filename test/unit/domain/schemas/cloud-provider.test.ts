import { describe, expect, test } from '@jest/globals';
import { parseCloudProvider, storedCredentials } from '../../../../domain/schemas/cloud-provider.ts';

const ROLE = 'arn:aws:iam::123456789012:role/platform/scale';
const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' };
const body = (change: object = {}) => ({
  provider: 'aws',
  name: 'weddings',
  regions: ['eu-west-1'],
  credentials: { chain: true },
  ...change,
});

function faults(given: unknown): readonly string[] {
  const parsed = parseCloudProvider(given);
  return parsed.ok ? [] : parsed.faults.map(({ path }) => path).toSorted();
}

describe('a request to connect a provider', () => {
  test.each([
    ['a role', { roleArn: ROLE }, 'role'],
    ['a role with all it can have', { roleArn: ROLE, externalId: 'a:b/c', sourceProfile: 'ops' }, 'role'],
    ['keys', KEYS, 'keys'],
    ['keys of a session', { ...KEYS, sessionToken: 'token' }, 'keys'],
    ['the chain', { chain: true }, 'chain'],
  ] as const)('is taken with %s', (_what, credentials, credentialKind) => {
    const parsed = parseCloudProvider(body({ credentials }));
    expect(parsed).toMatchObject({ ok: true, request: { credentials, credentialKind, resourceArns: [] } });
    if (credentialKind !== 'chain') {
      expect(storedCredentials(credentialKind, JSON.parse(JSON.stringify(credentials)))).toEqual(credentials);
    }
  });

  test.each<[string, object, readonly string[]]>([
    ['no credentials', { credentials: undefined }, ['credentials']],
    ['credentials of no kind', { credentials: { password: 'x' } }, ['credentials']],
    ['half of the keys', { credentials: { secretAccessKey: 'x' } }, ['credentials.accessKeyId']],
    [
      'role and keys',
      { credentials: { roleArn: ROLE, ...KEYS } },
      ['credentials.accessKeyId', 'credentials.secretAccessKey'],
    ],
    ['a role that is none', { credentials: { roleArn: 'scale' } }, ['credentials.roleArn']],
    ['a chain that is off', { credentials: { chain: false } }, ['credentials.chain']],
    ['a provider nobody has', { provider: 'oracle' }, ['provider']],
    ['keys for a provider that takes none', { provider: 'gcp', credentials: KEYS }, ['credentials']],
    [
      'ARNs for a provider without',
      { provider: 'azure', resourceArns: ['arn:aws:ecs:::x'] },
      ['resourceArns'],
    ],
    ['a region twice', { regions: ['eu-west-1', 'eu-west-1'] }, ['regions.1']],
    ['a region that is an address', { regions: ['https://evil.example'] }, ['regions.0']],
    ['no region', { regions: [] }, ['regions']],
    ['a field nobody knows', { colour: 'white' }, ['colour']],
    [
      'nothing at all',
      { provider: undefined, name: undefined, regions: undefined, credentials: undefined },
      ['credentials', 'name', 'provider', 'regions'],
    ],
  ])('is refused with %s, at the field', (_what, change, paths) => {
    expect(faults(body(change))).toEqual(paths);
  });

  test('names all faults at once and tells no secret in any', () => {
    const parsed = parseCloudProvider({
      provider: 'oracle',
      name: '',
      regions: ['EU WEST', 'EU WEST'],
      credentials: { accessKeyId: 'too short', secretAccessKey: '', sessionToken: 7, extra: 'hush' },
      more: 1,
    });
    if (parsed.ok) throw new Error('it was taken');
    expect(parsed.faults.map(({ path }) => path).toSorted()).toEqual([
      'credentials.accessKeyId',
      'credentials.extra',
      'credentials.secretAccessKey',
      'credentials.sessionToken',
      'more',
      'name',
      'provider',
      'regions.0',
      'regions.1',
    ]);
    expect(JSON.stringify(parsed.faults)).not.toMatch(/too short|hush/);
  });
});
