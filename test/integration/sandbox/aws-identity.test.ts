import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';

const ACCOUNT = '123456789012';
const PRINCIPAL = `arn:aws:iam::${ACCOUNT}:role/platform/scale`;
const SERVICE_ARN = `arn:aws:ecs:eu-west-1:${ACCOUNT}:service/weddings/api`;
const keys = { accessKeyId: 'AKIASANDBOX000000001', secretAccessKey: 'x' };

let sandbox: SandboxProcess;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.stop());
beforeEach(() =>
  sandbox.loadWorld({
    resources: [
      {
        service: 'aws.ecs',
        region: 'eu-west-1',
        reference: { cluster: 'weddings', service: 'api' },
        autoscaled: false,
        units: 2,
      },
    ],
  }),
);

function options(region = 'us-east-1', credentials: typeof keys & { sessionToken?: string } = keys) {
  return { region, endpoint: sandbox.addresses.aws, credentials, maxAttempts: 1 };
}

function simulate(...ActionNames: string[]) {
  return simulated({ PolicySourceArn: PRINCIPAL, ActionNames });
}

function simulated(input: ConstructorParameters<typeof SimulatePrincipalPolicyCommand>[0]) {
  return new IAMClient(options()).send(new SimulatePrincipalPolicyCommand(input));
}

async function decisions(...actions: string[]) {
  const { EvaluationResults = [] } = await simulate(...actions);
  return Object.fromEntries(EvaluationResults.map((one) => [one.EvalActionName, one.EvalDecision]));
}

const describeApi = (region = 'eu-west-1') =>
  new ECSClient(options(region)).send(
    new DescribeServicesCommand({ cluster: 'weddings', services: ['api'] }),
  );

describe('what IAM says of a principal', () => {
  test('is allowed, action by action, unless a rule denies it', async () => {
    const actions = ['ecs:UpdateService', 'ecs:DescribeServices', 'rds:ModifyDBCluster'];
    await sandbox.faults({ match: { operation: 'DescribeServices' }, kind: 'denied' });
    expect(await decisions(...actions)).toEqual({
      'ecs:UpdateService': 'allowed',
      'ecs:DescribeServices': 'implicitDeny',
      'rds:ModifyDBCluster': 'allowed',
    });
    // What the simulation denies is refused in earnest too.
    await expect(describeApi()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test.each([
    ['of another service', { service: 'aws.rds', operation: 'DescribeServices' }, 'allowed'],
    ['of its service', { service: 'aws.ecs', operation: 'DescribeServices' }, 'implicitDeny'],
    ['of another vendor', { vendor: 'gcp', operation: 'DescribeServices' }, 'allowed'],
    ['of one resource', { resource: 'aws.ecs/eu-west-1/weddings/api' }, 'allowed'],
    ['of a whole service', { service: 'aws.ecs' }, 'implicitDeny'],
  ])('heeds a rule %s', async (_what, match, decision) => {
    await sandbox.faults({ match, kind: 'denied' });
    expect(await decisions('ecs:DescribeServices')).toEqual({ 'ecs:DescribeServices': decision });
  });

  test('depends on the region where a rule names one, and says so', async () => {
    await sandbox.faults({
      match: { operation: 'DescribeServices', region: 'us-east-1' },
      kind: 'denied',
    });
    const { EvaluationResults = [] } = await simulate('ecs:DescribeServices');
    expect(EvaluationResults[0]).toMatchObject({
      EvalDecision: 'implicitDeny',
      MissingContextValues: ['aws:RequestedRegion'],
    });
    await expect(describeApi()).resolves.toBeDefined();
  });

  test('is said for each resource that is named', async () => {
    const { EvaluationResults = [] } = await simulated({
      PolicySourceArn: PRINCIPAL,
      ActionNames: ['ecs:UpdateService'],
      ResourceArns: [SERVICE_ARN],
    });
    expect(EvaluationResults[0]?.ResourceSpecificResults).toMatchObject([
      { EvalResourceName: SERVICE_ARN, EvalResourceDecision: 'allowed' },
    ]);
  });

  test('comes in pages', async () => {
    const actions = ['ecs:UpdateService', 'ecs:DescribeServices', 'ecs:ListServices'];
    const first = await simulated({ PolicySourceArn: PRINCIPAL, ActionNames: actions, MaxItems: 2 });
    expect([first.EvaluationResults?.length, first.IsTruncated]).toEqual([2, true]);
    const rest = await simulated({
      PolicySourceArn: PRINCIPAL,
      ActionNames: actions,
      MaxItems: 2,
      Marker: first.Marker,
    });
    expect(rest.EvaluationResults?.map((one) => one.EvalActionName)).toEqual(['ecs:ListServices']);
    expect(rest.IsTruncated).toBe(false);
  });

  test.each([
    ['a session, which is no principal', `arn:aws:sts::${ACCOUNT}:assumed-role/scale/me`, 'InvalidInput'],
    ['another account', 'arn:aws:iam::999999999999:role/scale', 'NoSuchEntity'],
  ])('is refused for %s', async (_what, PolicySourceArn, code) => {
    await expect(simulated({ PolicySourceArn, ActionNames: ['ecs:UpdateService'] })).rejects.toMatchObject({
      name: `${code}Exception`,
    });
  });

  test('is refused for what is no action, and where asking is denied', async () => {
    await expect(simulate('ecs:*')).rejects.toMatchObject({ name: 'InvalidInputException' });
    await sandbox.faults({ match: { operation: 'SimulatePrincipalPolicy' }, kind: 'denied' });
    await expect(simulate('ecs:UpdateService')).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('an assumed role', () => {
  const assume = (roleArn: string) =>
    new STSClient(options('eu-west-1')).send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'me', DurationSeconds: 900 }),
    );

  test('is who calls from then on', async () => {
    const { Credentials } = await assume(PRINCIPAL);
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    expect(AccessKeyId).toMatch(/^ASIA/);
    expect(Number(Credentials?.Expiration) - Date.now()).toBeGreaterThan(800_000);
    const session = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    };
    const identity = await new STSClient(options('eu-west-1', session)).send(
      new GetCallerIdentityCommand({}),
    );
    expect(identity).toMatchObject({
      Account: ACCOUNT,
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/scale/me`,
    });
  });

  test('of another account is refused, and any by rule', async () => {
    await expect(assume('arn:aws:iam::999999999999:role/scale')).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await sandbox.faults({ match: { operation: 'AssumeRole' }, kind: 'denied' });
    await expect(assume(PRINCIPAL)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
