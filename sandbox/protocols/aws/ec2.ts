import type { Core } from '../../core.ts';
import type { CallContext, Resource } from '../../world.ts';
import { AwsError, answersOf } from './errors.ts';
import { groupNameOf, launchTemplateOf, machinesOf, machineTypeOf } from './machines.ts';
import { ec2Error, listOf, type QueryInput, type QueryService, queryMembers } from './query-operations.ts';

const BUCKET = 'aws.ec2.describe';

/** Instance types of one DescribeInstanceTypes. Source: EC2 API reference. */
const TYPES_LIMIT = 100;

/** Machines of a page. Source: EC2 API reference, DescribeInstances, MaxResults 5 to 1,000. */
const PAGE_LIMIT = 1_000;

/** Default vCPUs. Source: EC2 user guide, instance type specifications. */
const VCPUS: Readonly<Record<string, number>> = {
  'c5.2xlarge': 8,
  'c5.4xlarge': 16,
  'c5.large': 2,
  'c5.xlarge': 4,
  'c6g.large': 2,
  'c6g.xlarge': 4,
  'g4dn.xlarge': 4,
  'g5.xlarge': 4,
  'm5.2xlarge': 8,
  'm5.4xlarge': 16,
  'm5.large': 2,
  'm5.xlarge': 4,
  'm6g.large': 2,
  'm6g.xlarge': 4,
  'm6i.2xlarge': 8,
  'm6i.large': 2,
  'm6i.xlarge': 4,
  'm7g.large': 2,
  'm7g.xlarge': 4,
  'p3.2xlarge': 8,
  'r5.large': 2,
  'r5.xlarge': 4,
  'r6g.large': 2,
  'r6g.xlarge': 4,
  't3.large': 2,
  't3.medium': 2,
  't3.xlarge': 4,
  'x1e.xlarge': 4,
};

const read = queryMembers('InvalidParameterValue');

/** Codes of EC2. Source: EC2 API reference, error codes. */
const CODES = {
  throttle: 'RequestLimitExceeded',
  serverError: ['InternalError', 500],
  denied: ['UnauthorizedOperation', 403],
  capacity: 'InsufficientInstanceCapacity',
  quota: 'VcpuLimitExceeded',
  invalid: 'InvalidParameterValue',
} as const;

/**
 * Amazon EC2, as far as quotas need it: sizes of machine types, the machines that the world's groups run, and the
 * launch templates they are made from.
 */
export const ec2: QueryService = {
  signingName: 'ec2',
  service: 'aws.ec2',
  namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
  version: '2016-11-15',
  form: 'ec2',
  answers: answersOf(CODES, ec2Error),
  operations: {
    DescribeInstanceTypes: { write: false, bucket: BUCKET, run: describeInstanceTypes },
    DescribeInstances: { write: false, bucket: BUCKET, run: describeInstances },
    DescribeLaunchTemplateVersions: { write: false, bucket: BUCKET, run: describeTemplateVersions },
  },
};

function describeInstanceTypes(_core: Core, input: QueryInput): object {
  const asked = read.list(input, 'InstanceType') ?? Object.keys(VCPUS);
  if (asked.length > TYPES_LIMIT) {
    throw new AwsError('InvalidParameterValue', `At most ${TYPES_LIMIT} instance types may be named.`);
  }
  const unknown = asked.filter((type) => !Object.hasOwn(VCPUS, type));
  if (unknown.length > 0) {
    const message = `The following supplied instance types do not exist: [${unknown.join(', ')}]`;
    throw new AwsError('InvalidInstanceType', message);
  }
  const types = asked.map((type) => ({
    instanceType: type,
    vCpuInfo: { defaultVCpus: VCPUS[type], defaultCores: Math.ceil((VCPUS[type] ?? 0) / 2) },
  }));
  return { instanceTypeSet: listOf(types, 'item') };
}

function describeInstances(core: Core, input: QueryInput, { region }: CallContext): object {
  const size = Math.min(PAGE_LIMIT, read.count(input, 'MaxResults') ?? PAGE_LIMIT);
  const start = Number(read.text(input, 'NextToken') ?? 0);
  const all = resourcesIn(core, region).flatMap((resource) =>
    machinesOf(resource).map(({ instanceType, spot }, index) => ({
      instanceId: `i-${Buffer.from(`${resource.key}/${index}`).toString('hex').slice(-17)}`,
      instanceType,
      instanceState: { code: 16, name: 'running' },
      ...(spot && { instanceLifecycle: 'spot' }),
      ...tagsOf(resource),
    })),
  );
  const end = start + size;
  const reservations = all.slice(start, end).map((machine, index) => ({
    reservationId: `r-${String(start + index).padStart(17, '0')}`,
    instancesSet: listOf([machine], 'item'),
  }));
  return { reservationSet: listOf(reservations, 'item'), ...(end < all.length ? { nextToken: end } : {}) };
}

/** What Auto Scaling marks the machines of its groups with. Source: Auto Scaling user guide, "Tag lifecycle". */
function tagsOf(resource: Resource): object {
  const value = groupNameOf(resource);
  return value === undefined ? {} : { tagSet: listOf([{ key: 'aws:autoscaling:groupName', value }], 'item') };
}

/** The one version every template has, under whichever name of it. Source of the words: EC2's error codes. */
function describeTemplateVersions(core: Core, input: QueryInput, { region }: CallContext): object {
  const [id, name] = [read.text(input, 'LaunchTemplateId'), read.text(input, 'LaunchTemplateName')];
  if ((id === undefined) === (name === undefined)) {
    const message = 'Either the launch template ID or the launch template name must be named, not both.';
    throw new AwsError('InvalidParameterCombination', message);
  }
  const group = resourcesIn(core, region).find((resource) => {
    const template = launchTemplateOf(resource);
    return template.id === id || template.name === name;
  });
  if (!group) {
    const message = `The specified launch template, with template ${id ?? name}, does not exist.`;
    throw new AwsError('InvalidLaunchTemplateName.NotFoundException', message);
  }
  const template = launchTemplateOf(group);
  const version = {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    versionNumber: 1,
    defaultVersion: true,
    launchTemplateData: { instanceType: machineTypeOf(group) },
  };
  return { launchTemplateVersionSet: listOf([version], 'item') };
}

function resourcesIn(core: Core, region: string) {
  core.world.tick();
  return [...core.world.resources.values()].filter(
    (resource) => resource.vendor === 'aws' && resource.region === region,
  );
}
