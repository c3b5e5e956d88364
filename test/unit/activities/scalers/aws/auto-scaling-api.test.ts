import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import {
  type AutoScalingApi,
  createAutoScalingApi,
} from '../../../../../activities/scalers/aws/_auto-scaling-api.ts';
import { ProviderError } from '../../../../../domain/errors.ts';

interface Received {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
}

let server: Server;
let endpoint: string;
let received: Received[];
let answer: (form: Readonly<Record<string, string>>) => { readonly status?: number; readonly body: string };

const signal = new AbortController().signal;
const api = () => createAutoScalingApi({ connection: { mode: 'sandbox', endpoint }, guard: UNGUARDED });
const web = { region: 'eu-west-1', group: 'web' };

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    received.push({ form, headers: request.headers });
    const { status = 200, body } = answer(form);
    response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': 'req-7' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  received = [];
  answer = ({ Action = '' }) => ({ body: result(Action, '') });
});

function result(action: string, content: string): string {
  return `<${action}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><${action}Result>${content}</${action}Result><ResponseMetadata><RequestId>req-7</RequestId></ResponseMetadata></${action}Response>`;
}

function list(name: string, items: readonly string[], token = ''): string {
  const members = items.map((item) => `<member>${item}</member>`).join('');
  return `<${name}>${members}</${name}>${token && `<NextToken>${token}</NextToken>`}`;
}

/** A group as AWS writes it, with what a test gives before its sizes. */
function groupXml(name: string, extra = ''): string {
  return `<AutoScalingGroupName>${name}</AutoScalingGroupName>${extra}<MinSize>2</MinSize><MaxSize>9</MaxSize><DesiredCapacity>4</DesiredCapacity><DefaultCooldown>300</DefaultCooldown><AvailabilityZones><member>eu-west-1a</member><member>eu-west-1b</member></AvailabilityZones><HealthCheckType>EC2</HealthCheckType><CreatedTime>2026-01-05T00:00:00Z</CreatedTime>`;
}

function instanceXml(state: string, health: string, weight?: number): string {
  const weighted = weight === undefined ? '' : `<WeightedCapacity>${weight}</WeightedCapacity>`;
  return `<InstanceId>i-1</InstanceId><AvailabilityZone>eu-west-1a</AvailabilityZone><LifecycleState>${state}</LifecycleState><HealthStatus>${health}</HealthStatus><ProtectedFromScaleIn>false</ProtectedFromScaleIn>${weighted}`;
}

async function describedGroup(extra: string) {
  answer = ({ Action = '' }) => ({
    body: result(Action, list('AutoScalingGroups', [groupXml('web', extra)])),
  });
  const [group] = await api().describeGroups('eu-west-1', ['web'], signal);
  return group;
}

async function failureOf(send: (client: AutoScalingApi) => Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await send(api()).then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe('the calls of EC2 Auto Scaling', () => {
  test('set sizes and nothing else, signed for the region of the group', async () => {
    const change = { minimumUnits: 4, maximumUnits: 0 };
    await expect(api().update(web, change, signal)).resolves.toBe('req-7');
    expect(received.map(({ form }) => form)).toEqual([
      {
        Action: 'UpdateAutoScalingGroup',
        Version: '2011-01-01',
        AutoScalingGroupName: 'web',
        MinSize: '4',
        MaxSize: '0',
      },
    ]);
    expect(received[0]?.headers.authorization).toMatch(/Credential=SANDBOX\/\d{8}\/eu-west-1\/autoscaling\//);
  });

  test.each([
    [
      'a launch template',
      '<LaunchTemplate><LaunchTemplateId>lt-1</LaunchTemplateId><LaunchTemplateName>web</LaunchTemplateName><Version>7</Version></LaunchTemplate>',
      { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'web', Version: '7' },
    ],
    ['a launch configuration', '<LaunchConfigurationName>web</LaunchConfigurationName>', null],
  ])('say what instances are made from: %s', async (_what, fields, launchTemplate) => {
    expect(await describedGroup(fields)).toMatchObject({ launchTemplate, policy: null });
  });

  test('give back the policy that was read, whole', async () => {
    const policy =
      '<MixedInstancesPolicy><LaunchTemplate><LaunchTemplateSpecification><LaunchTemplateId>lt-1</LaunchTemplateId><Version>$Latest</Version></LaunchTemplateSpecification><Overrides><member><InstanceRequirements><VCpuCount><Min>2</Min></VCpuCount><AllowedInstanceTypes><member>m7*</member></AllowedInstanceTypes></InstanceRequirements></member></Overrides></LaunchTemplate><InstancesDistribution><OnDemandPercentageAboveBaseCapacity>0</OnDemandPercentageAboveBaseCapacity><SpotMaxPrice></SpotMaxPrice></InstancesDistribution></MixedInstancesPolicy>';
    const group = await describedGroup(policy);
    expect(group?.policy).toEqual(JSON.parse(JSON.stringify(group?.policy)));
    await api().update(web, { minimumUnits: 2, maximumUnits: 9, policy: group?.policy ?? {} }, signal);
    const at = 'MixedInstancesPolicy.LaunchTemplate';
    expect(received[1]?.form).toMatchObject({
      [`${at}.LaunchTemplateSpecification.LaunchTemplateId`]: 'lt-1',
      [`${at}.LaunchTemplateSpecification.Version`]: '$Latest',
      [`${at}.Overrides.member.1.InstanceRequirements.VCpuCount.Min`]: '2',
      [`${at}.Overrides.member.1.InstanceRequirements.AllowedInstanceTypes.member.1`]: 'm7*',
      'MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity': '0',
      'MixedInstancesPolicy.InstancesDistribution.SpotMaxPrice': '',
    });
  });

  test('ask for up to a hundred groups, which only a page of that size takes, and follow the pages', async () => {
    answer = ({ Action = '', NextToken }) => ({
      body: result(
        Action,
        NextToken === 'more'
          ? list('AutoScalingGroups', [groupXml('b')])
          : list('AutoScalingGroups', [groupXml('a')], 'more'),
      ),
    });
    const groups = await api().describeGroups('eu-west-1', ['a', 'b'], signal);
    expect(groups.map(({ group }) => group)).toEqual(['a', 'b']);
    expect(received[0]?.form).toMatchObject({
      MaxRecords: '100',
      'AutoScalingGroupNames.member.1': 'a',
      'AutoScalingGroupNames.member.2': 'b',
    });
  });

  test('count what is in service and healthy, and apart from it what is on its way in', async () => {
    const instances = [
      instanceXml('InService', 'Healthy'),
      instanceXml('InService', 'Unhealthy'),
      instanceXml('Pending:Wait', 'Healthy'),
      instanceXml('Standby', 'Healthy'),
      instanceXml('Terminating:Wait', 'Healthy'),
    ];
    const group = await describedGroup(list('Instances', instances));
    expect(group).toMatchObject({ servingUnits: 1, presentUnits: 3, zones: 2, deleting: false });
  });

  test('count weights where instances have them', async () => {
    const instances = [instanceXml('InService', 'Healthy', 3), instanceXml('InService', 'Healthy', 2)];
    expect(await describedGroup(list('Instances', instances))).toMatchObject({ servingUnits: 5 });
  });

  test('never make up a weight of a group that counts something else than instances, nor a size', async () => {
    const extra = `<DesiredCapacityType>vcpu</DesiredCapacityType>${list('Instances', [instanceXml('InService', 'Healthy')])}`;
    await expect(describedGroup(extra)).rejects.toMatchObject({ kind: 'Transient' });
    answer = ({ Action = '' }) => ({
      body: result(Action, list('AutoScalingGroups', ['<AutoScalingGroupName>web</AutoScalingGroupName>'])),
    });
    const error = await failureOf((client) => client.describeGroups('eu-west-1', ['web'], signal));
    expect(error.kind).toBe('Transient');
  });

  test.each([
    ['<Status>Delete in progress</Status>', { deleting: true }],
    [
      '<Tags><member><Key>eks:nodegroup-name</Key><Value>blue</Value></member></Tags>',
      { managedBy: 'EKS node group blue' },
    ],
    ['<Operator><Principal>eks.amazonaws.com</Principal></Operator>', { managedBy: 'eks.amazonaws.com' }],
    ['<TargetGroupARNs><member>arn:tg</member></TargetGroupARNs>', { loadBalanced: true, managedBy: null }],
    [
      '<SuspendedProcesses><member><ProcessName>Launch</ProcessName></member></SuspendedProcesses>',
      { suspended: ['Launch'], loadBalanced: false },
    ],
  ])('see of %s what it means', async (extra, fields) => {
    expect(await describedGroup(extra)).toMatchObject(fields);
  });

  test('take a group for autoscaled by a policy that is enabled and scales, asked for by its name', async () => {
    const policy = (group: string, type: string, rest: string) =>
      `<AutoScalingGroupName>${group}</AutoScalingGroupName><PolicyType>${type}</PolicyType>${rest}`;
    const mode = (name: string) =>
      `<PredictiveScalingConfiguration><MetricSpecifications></MetricSpecifications><Mode>${name}</Mode></PredictiveScalingConfiguration>`;
    const policies = [
      policy('step', 'StepScaling', '<Enabled>true</Enabled>'),
      policy('off', 'TargetTrackingScaling', '<Enabled>false</Enabled>'),
      policy('forecast', 'PredictiveScaling', `<Enabled>true</Enabled>${mode('ForecastOnly')}`),
      policy('predict', 'PredictiveScaling', `<Enabled>true</Enabled>${mode('ForecastAndScale')}`),
      policy('somebody-else', 'StepScaling', '<Enabled>true</Enabled>'),
    ];
    answer = ({ Action = '', NextToken }) => ({
      body: result(
        Action,
        NextToken === undefined
          ? list('ScalingPolicies', policies.slice(0, 2), 'more')
          : list('ScalingPolicies', policies.slice(2)),
      ),
    });
    const groups = ['step', 'off', 'forecast', 'predict', 'none'];
    expect([...(await api().autoscaledGroups('eu-west-1', groups, signal))]).toEqual(['step', 'predict']);
    await api().autoscaledGroups('eu-west-1', ['step'], signal);
    expect(received.map(({ form }) => form.AutoScalingGroupName)).toEqual([
      undefined,
      undefined,
      'step',
      'step',
    ]);
  });

  test('give launches newest first, without what else a group did', async () => {
    const activity = (description: string, status: string, minute: number) =>
      `<ActivityId>${minute}</ActivityId><AutoScalingGroupName>web</AutoScalingGroupName><Description>${description}</Description><Cause>c</Cause><StartTime>2026-06-06T12:0${minute}:00Z</StartTime><StatusCode>${status}</StatusCode><StatusMessage>why ${minute}</StatusMessage>`;
    const activities = [
      activity('Launching a new EC2 instance: i-1', 'Successful', 1),
      activity('Terminating EC2 instance: i-2', 'Failed', 5),
      activity('Launching a new EC2 instance', 'Failed', 3),
      activity('Launching a new EC2 instance: i-3', 'Cancelled', 4),
      activity('Launching a new EC2 instance: i-4', 'WaitingForInstanceWarmup', 2),
    ];
    answer = ({ Action = '' }) => ({ body: result(Action, list('Activities', activities)) });
    const at = (minute: number) => Date.parse(`2026-06-06T12:0${minute}:00Z`);
    expect(await api().lastLaunches(web, signal)).toEqual([
      { status: 'failed', message: 'why 3', startedMs: at(3) },
      { status: 'under way', message: 'why 2', startedMs: at(2) },
      { status: 'successful', message: 'why 1', startedMs: at(1) },
    ]);
  });

  test.each([
    [400, 'Throttling', 'Rate exceeded', 'Throttled'],
    [400, 'ScalingActivityInProgress', 'Scaling activity in progress', 'UpdateInProgress'],
    [500, 'ResourceContention', 'You already have a pending update', 'UpdateInProgress'],
    [
      400,
      'ValidationError',
      'An active instance refresh with a desired configuration exists. All configuration options derived from the desired configuration are not available for update while the instance refresh is active.',
      'UpdateInProgress',
    ],
    [400, 'ValidationError', 'AutoScalingGroup name not found - AutoScalingGroup web not found', 'NotFound'],
    [400, 'ValidationError', 'Group web not found', 'NotFound'],
    [400, 'ValidationError', 'Max bound, 3, must be greater than or equal to min bound, 5', 'InvalidTarget'],
    [400, 'LimitExceeded', 'You have already reached a limit', 'QuotaExceeded'],
    [
      403,
      'AccessDenied',
      'User is not authorized to perform: autoscaling:UpdateAutoScalingGroup',
      'PermissionDenied',
    ],
    [500, 'InternalFailure', 'An internal error occurred', 'Transient'],
  ])('say of %i %s "%s" that it is %s, after one request', async (status, code, message, kind) => {
    const body = `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
    answer = () => ({ status, body });
    const error = await failureOf((client) =>
      client.update(web, { minimumUnits: 1, maximumUnits: 2 }, signal),
    );
    expect(error.kind).toBe(kind);
    expect(received).toHaveLength(1);
  });
});
