import { randomUUID } from 'node:crypto';
import type { Core } from '../../core.ts';
import type { CallContext, Resource } from '../../world.ts';
import {
  clusterArn,
  type NodegroupUpdate,
  nodegroupShape,
  statusOf,
  updateShape,
  updatesOf,
} from './eks-nodegroups.ts';
import { ACCOUNT_ID, AwsError, answersOf } from './errors.ts';
import { type Input, members } from './json-operations.ts';
import { type RestRequest, type RestService, restError } from './rest-operations.ts';

/** Names of a page. Source: EKS API reference, `maxResults`: 100 by default and at most. */
const PAGE_LIMIT = 100;

/**
 * Codes of EKS. Source: EKS API reference, UpdateNodegroupConfig, CreateNodegroup (the one for a quota) and common
 * errors; capacity assumed, since EKS tells of it in a health issue.
 */
const CODES = {
  throttle: 'ThrottlingException',
  serverError: ['ServerException', 500],
  denied: ['AccessDeniedException', 403],
  capacity: 'ServiceUnavailableException',
  quota: 'ResourceLimitExceededException',
  invalid: 'InvalidParameterException',
} as const;

const INVALID = 'InvalidParameterException';

const read = members(INVALID, INVALID);

/** Amazon EKS: clusters that exist as far as the world has node groups in them; REST-JSON. */
export const eks: RestService = {
  signingName: 'eks',
  service: 'aws.eks',
  answers: answersOf(CODES, restError),
  operations: [
    {
      name: 'ListClusters',
      method: 'GET',
      path: /^\/clusters$/,
      write: false,
      bucket: 'aws.eks.read',
      run: listClusters,
    },
    {
      name: 'DescribeCluster',
      method: 'GET',
      path: /^\/clusters\/([^/]+)$/,
      write: false,
      bucket: 'aws.eks.read',
      run: describeCluster,
    },
    {
      name: 'ListNodegroups',
      method: 'GET',
      path: /^\/clusters\/([^/]+)\/node-groups$/,
      write: false,
      bucket: 'aws.eks.read',
      run: listNodegroups,
    },
    {
      name: 'DescribeNodegroup',
      method: 'GET',
      path: /^\/clusters\/([^/]+)\/node-groups\/([^/]+)$/,
      write: false,
      bucket: 'aws.eks.read',
      resourceKey: ownKey,
      run: describeNodegroup,
    },
    {
      name: 'DescribeUpdate',
      method: 'GET',
      path: /^\/clusters\/([^/]+)\/updates\/([^/]+)$/,
      write: false,
      bucket: 'aws.eks.read',
      run: describeUpdate,
    },
    {
      name: 'UpdateNodegroupConfig',
      method: 'POST',
      path: /^\/clusters\/([^/]+)\/node-groups\/([^/]+)\/update-config$/,
      write: true,
      bucket: 'aws.eks.modify',
      resourceKey: ownKey,
      run: updateNodegroupConfig,
    },
  ],
};

function listClusters(core: Core, { query }: RestRequest, { region }: CallContext): unknown {
  const names = nodegroupsIn(core, region).map(({ reference }) => reference.cluster);
  return pageOf('clusters', [...new Set(names)].sort(), query);
}

/** Its Kubernetes API is the sandbox's own, on the host that was asked, in plain HTTP and so without certificate. */
function describeCluster(core: Core, { path, host }: RestRequest, { region }: CallContext): unknown {
  const [name = ''] = path;
  const [first] = nodegroupsOf(core, region, name);
  const arn = clusterArn(region, name);
  const port = core.ports.get('kubernetes') ?? 0;
  return {
    cluster: {
      name,
      arn,
      createdAt: 1_767_571_200,
      version: '1.36',
      endpoint: `http://${host}:${port}/clusters/${encodeURIComponent(arn)}`,
      roleArn: `arn:aws:iam::${ACCOUNT_ID}:role/${name}-cluster`,
      resourcesVpcConfig: { subnetIds: [], endpointPublicAccess: true },
      status: 'ACTIVE',
      certificateAuthority: {},
      tags: first?.attributes.clusterTags ?? {},
    },
  };
}

function listNodegroups(core: Core, { path, query }: RestRequest, { region }: CallContext): unknown {
  const [cluster = ''] = path;
  const names = nodegroupsOf(core, region, cluster).map(({ reference }) => reference.nodegroup);
  return pageOf('nodegroups', names.sort(), query);
}

function describeNodegroup(core: Core, { path }: RestRequest, { region }: CallContext): unknown {
  return { nodegroup: nodegroupShape(nodegroupOf(core, region, path), core.world.nowMs()) };
}

function describeUpdate(core: Core, { path, query }: RestRequest, { region }: CallContext): unknown {
  const [cluster = '', id = ''] = path;
  const name = query.get('nodegroupName');
  const known = nodegroupsOf(core, region, cluster).filter(({ reference }) => reference.nodegroup === name);
  const update = known.flatMap(updatesOf).find((candidate) => candidate.id === id);
  if (!update) throw new AwsError('ResourceNotFoundException', `No update found for ID: ${id}`, 404);
  return { update: updateShape(update, core.world.nowMs()) };
}

/** The same token gets the same answer, without a second effect and while the first is still under way. */
function updateNodegroupConfig(core: Core, { path, body }: RestRequest, call: CallContext): unknown {
  const nodegroup = nodegroupOf(core, call.region, path);
  const nowMs = core.world.nowMs();
  const { scalingConfig = {}, clientRequestToken, ...others } = body;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new AwsError(INVALID, `The sandbox does not change ${other}.`);
  const token = read.text({ clientRequestToken }, 'clientRequestToken') ?? null;
  const asked = JSON.stringify(scalingConfig);
  const known = updatesOf(nodegroup).find((update) => update.token === token && token !== null);
  if (known && known.asked !== asked) {
    throw new AwsError(INVALID, 'The client request token was used with other parameters.');
  }
  if (known) return { update: updateShape(known, nowMs) };
  if (statusOf(nodegroup, nowMs) === 'UPDATING') {
    const message = 'Nodegroup cannot be updated as it is currently not in Active State';
    throw new AwsError('ResourceInUseException', message, 409);
  }
  const sizes = sizesOf(nodegroup, scalingConfig as Input);
  const update: NodegroupUpdate = {
    id: randomUUID(),
    token,
    asked,
    params: Object.entries(scalingConfig as Input).map(([name, value]) => ({
      type: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
      value: String(value),
    })),
    acceptedMs: nowMs,
  };
  const attributes = { updates: [...updatesOf(nodegroup), update] };
  core.world.change(nodegroup, { ...sizes, attributes }, { ...call, key: token ?? call.key });
  return { update: updateShape(update, nowMs) };
}

/**
 * Sizes after an update; what is left out stays. Source of the words: EKS, as Terraform and eksctl report them; that
 * of a maximum below the desired size assumed.
 */
function sizesOf(nodegroup: Resource, config: Input) {
  const minimumUnits = read.count(config, 'minSize') ?? nodegroup.minimumUnits ?? 0;
  const maximumUnits = read.count(config, 'maxSize') ?? nodegroup.maximumUnits ?? 0;
  const desiredUnits = read.count(config, 'desiredSize') ?? nodegroup.desiredUnits;
  if (maximumUnits < 1) throw new AwsError(INVALID, 'maxSize must be at least 1.');
  if (minimumUnits > maximumUnits) throw new AwsError(INVALID, "minSize can't be greater than maxSize");
  if (minimumUnits > desiredUnits) {
    const message = `Minimum capacity ${minimumUnits} can't be greater than desired size ${desiredUnits}`;
    throw new AwsError(INVALID, message);
  }
  if (desiredUnits > maximumUnits) {
    throw new AwsError(INVALID, `desiredSize ${desiredUnits} can't be greater than maxSize ${maximumUnits}`);
  }
  return { minimumUnits, maximumUnits, desiredUnits };
}

function nodegroupsIn(core: Core, region: string): Resource[] {
  core.world.tick();
  return [...core.world.resources.values()].filter(
    (resource) => resource.service === 'aws.eks' && resource.region === region,
  );
}

function nodegroupsOf(core: Core, region: string, cluster: string): Resource[] {
  const found = nodegroupsIn(core, region).filter(({ reference }) => reference.cluster === cluster);
  if (found.length > 0) return found;
  throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${cluster}.`, 404);
}

function nodegroupOf(core: Core, region: string, [cluster = '', name = '']: readonly string[]): Resource {
  const found = nodegroupsOf(core, region, cluster).find(({ reference }) => reference.nodegroup === name);
  if (found) return found;
  throw new AwsError('ResourceNotFoundException', `No node group found for name: ${name}.`, 404);
}

function pageOf(name: string, all: readonly unknown[], query: URLSearchParams): unknown {
  const asked = Number(query.get('maxResults') ?? PAGE_LIMIT);
  if (!Number.isInteger(asked) || asked < 1 || asked > PAGE_LIMIT) {
    throw new AwsError(INVALID, `maxResults must be from 1 to ${PAGE_LIMIT}.`);
  }
  const { items, next } = read.page(all, query.get('nextToken') ?? undefined, asked);
  return { [name]: items, ...(next === undefined ? {} : { nextToken: next }) };
}

function ownKey({ path }: RestRequest, region: string): string | undefined {
  return `aws.eks/${region}/${path[0]}/${path[1]}`;
}
