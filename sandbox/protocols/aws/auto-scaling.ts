import type { Core } from '../../core.ts';
import type { CallContext, Resource } from '../../world.ts';
import { activitiesOf, groupShape, policiesOf, suspendedOf } from './auto-scaling-shapes.ts';
import { AwsError, answersOf } from './errors.ts';
import { members } from './json-operations.ts';
import { mixedInstancesOf } from './mixed-instances.ts';
import {
  membersOf,
  type QueryInput,
  type QueryService,
  queryError,
  queryMembers,
} from './query-operations.ts';
import { tagsOf } from './tags.ts';

const BUCKET = 'aws.auto-scaling';

/** Groups and policies of a page. Source: API reference, MaxRecords: 50 by default, 100 at most. */
const PAGE = { otherwise: 50, most: 100 };

/** Activities of a page. Source: API reference, DescribeScalingActivities: 100 by default and at most. */
const ACTIVITY_PAGE = { otherwise: 100, most: 100 };

/** What an update may name; anything else is refused rather than ignored. */
const CHANGEABLE = ['MinSize', 'MaxSize', 'DesiredCapacity', 'MixedInstancesPolicy'];

/**
 * Codes of EC2 Auto Scaling. Source: API reference, UpdateAutoScalingGroup and common errors. An update is not
 * refused for a quota of EC2 nor for want of capacity: those two are assumed, for fault rules and world quotas.
 */
const CODES = {
  throttle: 'Throttling',
  serverError: ['InternalFailure', 500],
  denied: ['AccessDenied', 403],
  capacity: 'ServiceUnavailable',
  quota: 'LimitExceeded',
  invalid: 'ValidationError',
} as const;

const read = queryMembers('ValidationError');
const { page } = members('ValidationError', 'InvalidNextToken');

/** EC2 Auto Scaling: groups with instances, policies, suspended processes and activities; AWS Query. */
export const autoScaling: QueryService = {
  signingName: 'autoscaling',
  service: 'aws.asg',
  namespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
  version: '2011-01-01',
  answers: answersOf(CODES, queryError),
  operations: {
    DescribeAutoScalingGroups: { write: false, bucket: BUCKET, resourceKey: soleKey, run: describeGroups },
    DescribePolicies: { write: false, bucket: BUCKET, resourceKey: ownKey, run: describePolicies },
    DescribeScalingActivities: { write: false, bucket: BUCKET, resourceKey: ownKey, run: describeActivities },
    UpdateAutoScalingGroup: { write: true, bucket: BUCKET, resourceKey: ownKey, run: updateGroup },
  },
};

function describeGroups(core: Core, input: QueryInput, { region }: CallContext): object {
  const size = pageSize(input, PAGE);
  const names = read.list(input, 'AutoScalingGroupNames');
  if (names !== undefined && names.length > size) {
    throw new AwsError('ValidationError', `The number of group names may not exceed MaxRecords, ${size}.`);
  }
  const keys = tagKeysIn(input);
  const found = groupsIn(core, region)
    .filter(({ reference }) => names?.includes(reference.group ?? '') ?? true)
    .filter((group) => keys?.some((key) => Object.hasOwn(tagsOf([group]), key)) ?? true);
  return pageOf(
    'AutoScalingGroups',
    found.map((group) => groupShape(group, core.world.nowMs())),
    input,
    size,
  );
}

/** Of the filters the sandbox has the one by tag key. @throws AwsError for another, or for one beside names. */
function tagKeysIn(input: QueryInput): readonly string[] | undefined {
  if (input.Filters === undefined) return undefined;
  const [filter, ...others] = Array.isArray(input.Filters) ? (input.Filters as readonly QueryInput[]) : [];
  if (filter?.Name !== 'tag-key' || others.length > 0 || input.AutoScalingGroupNames !== undefined) {
    throw new AwsError('ValidationError', 'The sandbox filters groups by one tag-key, and not beside names.');
  }
  return read.list(filter, 'Values') ?? [];
}

function describePolicies(core: Core, input: QueryInput, { region }: CallContext): object {
  const types = read.list(input, 'PolicyTypes');
  const names = read.list(input, 'PolicyNames');
  const policies = scoped(core, input, region)
    .flatMap(policiesOf)
    .filter(({ PolicyType }) => types === undefined || types.includes(String(PolicyType)))
    .filter(({ PolicyName }) => names === undefined || names.includes(String(PolicyName)));
  return pageOf('ScalingPolicies', policies, input, pageSize(input, PAGE));
}

function describeActivities(core: Core, input: QueryInput, { region }: CallContext): object {
  if (input.Filters !== undefined || input.ActivityIds !== undefined) {
    throw new AwsError('ValidationError', 'The sandbox finds activities by their group alone.');
  }
  const activities = scoped(core, input, region).flatMap((group) => activitiesOf(group, core.world.nowMs()));
  return pageOf('Activities', activities, input, pageSize(input, ACTIVITY_PAGE));
}

/** Sizes move together as AWS says: a desired capacity that is not named is moved into its new bounds. */
function updateGroup(core: Core, input: QueryInput, call: CallContext): object {
  const name = read.required(input, 'AutoScalingGroupName');
  const group = core.world.find('aws.asg', { group: name }, call.region);
  if (!group) {
    const message = `AutoScalingGroup name not found - AutoScalingGroup ${name} not found`;
    throw new AwsError('ValidationError', message);
  }
  refuseOthers(input);
  const minimumUnits = read.count(input, 'MinSize') ?? group.minimumUnits ?? 0;
  const maximumUnits = read.count(input, 'MaxSize') ?? group.maximumUnits ?? 0;
  if (minimumUnits > maximumUnits) {
    const message = `Max bound, ${maximumUnits}, must be greater than or equal to min bound, ${minimumUnits}`;
    throw new AwsError('ValidationError', message);
  }
  const within = Math.min(maximumUnits, Math.max(minimumUnits, group.desiredUnits));
  const desiredUnits = read.count(input, 'DesiredCapacity') ?? within;
  if (desiredUnits < minimumUnits || desiredUnits > maximumUnits) {
    const message = `Desired capacity:${desiredUnits} must be between the specified min size:${minimumUnits} and max size:${maximumUnits}`;
    throw new AwsError('ValidationError', message);
  }
  const servingUnits = group.servingUnits;
  const mixed = mixedInstancesOf(read.structure(input, 'MixedInstancesPolicy'));
  core.world.change(group, { minimumUnits, maximumUnits, desiredUnits, ...mixed }, call);
  const stuck = desiredUnits > servingUnits && suspendedOf(group).includes('Launch');
  if (stuck) core.world.lose(group, servingUnits);
  return {};
}

function refuseOthers(input: QueryInput): void {
  const known = ['Action', 'Version', 'AutoScalingGroupName', ...CHANGEABLE];
  const other = Object.keys(input).filter((key) => !known.includes(key));
  if (other.length === 0) return;
  throw new AwsError('ValidationError', `The sandbox does not change ${other.join(', ')}.`);
}

function groupsIn(core: Core, region: string): Resource[] {
  core.world.tick();
  return [...core.world.resources.values()]
    .filter((resource) => resource.service === 'aws.asg' && resource.region === region)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** All groups of a region, or the one a request names. @throws AwsError where that is not there. */
function scoped(core: Core, input: QueryInput, region: string): readonly Resource[] {
  const name = read.text(input, 'AutoScalingGroupName');
  const groups = groupsIn(core, region);
  if (name === undefined) return groups;
  const found = groups.filter(({ reference }) => reference.group === name);
  if (found.length > 0) return found;
  throw new AwsError('ValidationError', `Group ${name} not found`);
}

function pageSize(input: QueryInput, { otherwise, most }: typeof PAGE): number {
  const asked = read.count(input, 'MaxRecords') ?? otherwise;
  if (asked >= 1 && asked <= most) return asked;
  throw new AwsError('ValidationError', `MaxRecords must be from 1 to ${most}.`);
}

function pageOf(name: string, all: readonly object[], input: QueryInput, size: number): object {
  const { items, next } = page(all, read.text(input, 'NextToken'), size);
  return { [name]: membersOf(items), ...(next === undefined ? {} : { NextToken: next }) };
}

function soleKey(input: QueryInput, region: string): string | undefined {
  const names = read.list(input, 'AutoScalingGroupNames') ?? [];
  return names.length === 1 ? `aws.asg/${region}/${names[0]}` : undefined;
}

function ownKey(input: QueryInput, region: string): string | undefined {
  const name = read.text(input, 'AutoScalingGroupName');
  return name === undefined ? undefined : `aws.asg/${region}/${name}`;
}
