import type { EvaluationResult, IAMClient } from '@aws-sdk/client-iam';
import { describe, expect, test } from '@jest/globals';
import {
  actionOf,
  iamRegion,
  lacksAction,
  principalOf,
  simulated,
} from '../../../../activities/connections/_aws-permissions.ts';
import { AWS_SERVICES } from '../../../../domain/services/aws.ts';

const ROLE = 'arn:aws:iam::123456789012:role/scale';
const identity = (arn: string) => ({ account: '123456789012', arn });
const signal = AbortSignal.timeout(5_000);

/** A client that gives these pages, and keeps what it was asked. */
function iam(...pages: readonly (readonly EvaluationResult[])[]) {
  const asked: { input: Record<string, unknown> }[] = [];
  const client = {
    send: async (command: { input: Record<string, unknown> }) => {
      asked.push(command);
      const page = asked.length;
      const more = page < pages.length;
      return { EvaluationResults: pages[page - 1], IsTruncated: more, ...(more && { Marker: `p${page}` }) };
    },
  };
  return { client: client as unknown as IAMClient, asked };
}

const result = (EvalActionName: string, change: Partial<EvaluationResult> = {}): EvaluationResult => ({
  EvalActionName,
  EvalDecision: 'implicitDeny',
  ...change,
});

async function answer(found: EvaluationResult, resourceArns: readonly string[] = []) {
  const answers = await simulated(iam([found]).client, ROLE, ['ecs:UpdateService'], resourceArns, signal);
  return answers.get('ecs:UpdateService');
}

describe('what IAM says', () => {
  const specific = (
    EvalResourceDecision: 'allowed' | 'implicitDeny',
    MissingContextValues: string[] = [],
  ) => ({
    EvalResourceName: 'r',
    EvalResourceDecision,
    MissingContextValues,
  });

  test.each<[string, Partial<EvaluationResult>, string, RegExp]>([
    ['allowed', { EvalDecision: 'allowed' }, 'allowed', /^$/],
    ['denied by a policy', { EvalDecision: 'explicitDeny' }, 'denied', /^a policy denies it$/],
    ['allowed nowhere', {}, 'denied', /give them as resourceArns/],
    [
      'held back by the organization',
      { OrganizationsDecisionDetail: { AllowedByOrganizations: false } },
      'denied',
      /service control policy/,
    ],
    [
      'held back by a boundary',
      { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } },
      'denied',
      /permissions boundary/,
    ],
    [
      'left open by a condition',
      { MissingContextValues: ['aws:ResourceTag/team'] },
      'notTested',
      /ResourceTag\/team/,
    ],
    [
      'denied whatever the condition',
      { EvalDecision: 'explicitDeny', MissingContextValues: ['aws:SourceIp'] },
      'denied',
      /a policy denies it/,
    ],
  ])('%s', async (_what, change, status, words) => {
    const found = await answer(result('ecs:UpdateService', change));
    expect(found).toMatchObject({ status, message: expect.stringMatching(words) });
    expect(found?.how).toBe(status === 'notTested' ? 'none' : 'simulation');
  });

  test('allowed on one of the resources is allowed, since each action means only some of them', async () => {
    // The decision as a whole is the strictest of all resources.
    const ResourceSpecificResults = [specific('implicitDeny'), specific('allowed')];
    const found = await answer(result('ecs:UpdateService', { ResourceSpecificResults }), ['a', 'b']);
    expect(found?.status).toBe('allowed');
  });

  test('denied on all resources is denied, unless a condition leaves it open', async () => {
    const none = { ResourceSpecificResults: [specific('implicitDeny')] };
    expect(await answer(result('ecs:UpdateService', none), ['a'])).toMatchObject({
      status: 'denied',
      message: 'no policy allows it on any of resourceArns',
    });
    const open = { ResourceSpecificResults: [specific('implicitDeny', ['aws:RequestedRegion'])] };
    expect((await answer(result('ecs:UpdateService', open), ['a']))?.status).toBe('notTested');
  });

  test('is read to the last page', async () => {
    const { client, asked } = iam(
      [result('ecs:A', { EvalDecision: 'allowed' })],
      [result('ecs:B', { EvalDecision: 'allowed' })],
    );
    const answers = await simulated(client, ROLE, ['ecs:A', 'ecs:B'], ['arn:aws:ecs:::x'], signal);
    expect([...answers.keys()]).toEqual(['ecs:A', 'ecs:B']);
    expect(asked.map(({ input }) => input)).toEqual([
      { PolicySourceArn: ROLE, ActionNames: ['ecs:A', 'ecs:B'], ResourceArns: ['arn:aws:ecs:::x'] },
      {
        PolicySourceArn: ROLE,
        ActionNames: ['ecs:A', 'ecs:B'],
        ResourceArns: ['arn:aws:ecs:::x'],
        Marker: 'p1',
      },
    ]);
  });

  test.each([
    ['AccessDenied', 403, /needs iam:SimulatePrincipalPolicy/],
    ['NoSuchEntityException', 404, /a role with a path must be given by roleArn/],
    ['Throttling', 400, /could not be asked/],
  ])('is not known where it answers %s, which is no denial', async (name, httpStatusCode, words) => {
    const client = {
      send: () => Promise.reject(Object.assign(new Error('no'), { name, $metadata: { httpStatusCode } })),
    };
    const answers = await simulated(client as unknown as IAMClient, ROLE, ['ecs:A', 'ecs:B'], [], signal);
    for (const action of ['ecs:A', 'ecs:B']) {
      const found = answers.get(action);
      expect(found).toMatchObject({ status: 'notTested', how: 'none' });
      expect(found?.message).toMatch(words);
    }
  });
});

describe('whose policies decide', () => {
  test.each([
    ['a user', 'arn:aws:iam::123456789012:user/ops/me', 'arn:aws:iam::123456789012:user/ops/me'],
    ['a session of a role', 'arn:aws:sts::123456789012:assumed-role/scale/me', ROLE],
    [
      'a session in China',
      'arn:aws-cn:sts::123456789012:assumed-role/scale/me',
      'arn:aws-cn:iam::123456789012:role/scale',
    ],
  ])('%s', (_what, arn, principal) => {
    expect(principalOf(identity(arn))).toEqual({ arn: principal });
  });

  test('the role as it was given, whose path a session leaves out', () => {
    const given = 'arn:aws:iam::123456789012:role/platform/scale';
    expect(principalOf(identity('arn:aws:sts::123456789012:assumed-role/scale/me'), given)).toEqual({
      arn: given,
    });
  });

  test.each(['arn:aws:iam::123456789012:root', 'arn:aws:sts::123456789012:federated-user/me'])(
    'nobody that can be asked about: %s',
    (arn) => expect(principalOf(identity(arn))).toEqual({ none: expect.stringContaining(arn) }),
  );

  test.each([
    ['arn:aws:iam::1:user/a', 'us-east-1'],
    ['arn:aws-cn:iam::1:user/a', 'cn-north-1'],
    ['arn:aws-us-gov:iam::1:user/a', 'us-gov-west-1'],
  ])('IAM of %s answers in %s', (arn, region) => expect(iamRegion(identity(arn))).toBe(region));
});

test('the action of a call is the one the registry names', () => {
  const call = (api: string, operation: string) => actionOf({ provider: 'aws', region: 'r', api, operation });
  expect(call('ECS', 'DescribeServices')).toBe('ecs:DescribeServices');
  expect(call('Application Auto Scaling', 'RegisterScalableTarget')).toBe(
    'application-autoscaling:RegisterScalableTarget',
  );
  expect(call('STS', 'GetCallerIdentity')).toBeUndefined();
});

test('every service prefix of the registry is known, so that a call can show a permission', () => {
  const apis = [
    'Application Auto Scaling',
    'Auto Scaling',
    'EC2',
    'ECS',
    'EKS',
    'ElastiCache',
    'Lambda',
    'RDS',
    'Service Quotas',
  ];
  const known = new Set(
    apis.map((api) => actionOf({ provider: 'aws', region: 'r', api, operation: 'X' })?.split(':')[0]),
  );
  for (const { permissions } of AWS_SERVICES) {
    // A name without a prefix is a right inside of a cluster, none of IAM's.
    const ofIam = permissions.filter(({ name }) => name.includes(':'));
    for (const { name } of ofIam) expect(known).toContain(name.split(':')[0]);
  }
});

test.each([
  ['AccessDeniedException', true],
  ['AccessDenied', true],
  ['UnauthorizedOperation', true],
  ['InvalidClientTokenId', false],
  ['ExpiredTokenException', false],
  ['ThrottlingException', false],
])('%s means that an action is lacking: %s', (name, lacking) => {
  expect(lacksAction(Object.assign(new Error('no'), { name }))).toBe(lacking);
});
