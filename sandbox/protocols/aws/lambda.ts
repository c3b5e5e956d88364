import type { Core } from '../../core.ts';
import type { VendorAnswers } from '../../pipeline.ts';
import { resourceKeyOf, sandboxService } from '../../services.ts';
import type { CallContext, Resource } from '../../world.ts';
import { AwsError } from './errors.ts';
import { members } from './json-operations.ts';
import {
  concurrencyOf,
  concurrentExecutions,
  functionArn,
  functionNamed,
  functions,
  getFunction,
  KEPT_UNRESERVED,
  listFunctions,
  noRoom,
  page,
  requested,
  reservedOf,
  unreserved,
} from './lambda-functions.ts';
import { type RestRequest, type RestService, restError } from './rest-operations.ts';
import { tagsOf } from './tags.ts';

/** Of an account, in bytes. Source: Lambda developer guide, quotas. */
const CODE_SIZES = {
  TotalCodeSize: 80_530_636_800,
  CodeSizeUnzipped: 262_144_000,
  CodeSizeZipped: 52_428_800,
};

const BUCKET = 'aws.lambda';

const bad = 'InvalidParameterValueException';

const read = members(bad, bad);

/** Lambda's own words. Source: its API reference and messages seen in issues of others; capacity assumed. */
const answers: VendorAnswers = {
  throttle: (seconds) =>
    restError(new AwsError('TooManyRequestsException', 'Rate exceeded', 429), {
      'retry-after': String(Math.ceil(seconds)),
    }),
  serverError: () =>
    restError(new AwsError('ServiceException', 'An error occurred and the request failed.', 500)),
  denied: () =>
    restError(new AwsError('AccessDeniedException', 'The caller is not authorized to do this.', 403)),
  capacity: (message) =>
    restError(new AwsError('ServiceException', `Capacity is unavailable at this time: ${message}`, 500)),
  quota: () => restError(new AwsError(bad, noRoom())),
  invalid: (message) => restError(new AwsError(bad, message)),
};

/** AWS Lambda: a version or an alias of the world each, its units its provisioned concurrency, 0 for none. */
export const lambda: RestService = {
  signingName: 'lambda',
  service: 'aws.lambda',
  answers,
  operations: [
    {
      name: 'DeleteProvisionedConcurrencyConfig',
      method: 'DELETE',
      path: /^\/2019-09-30\/functions\/([^/]+)\/provisioned-concurrency$/,
      write: true,
      bucket: BUCKET,
      status: 204,
      resourceKey: ownKey,
      run: (core, request, call) => {
        core.world.change(configured(core, request, call.region), { desiredUnits: 0 }, call);
      },
    },
    {
      name: 'GetAccountSettings',
      method: 'GET',
      path: /^\/2016-08-19\/account-settings$/,
      write: false,
      bucket: BUCKET,
      run: getAccountSettings,
    },
    {
      name: 'GetFunction',
      method: 'GET',
      path: /^\/2015-03-31\/functions\/([^/]+)$/,
      write: false,
      bucket: 'aws.lambda.get-function',
      run: getFunction,
    },
    {
      name: 'GetFunctionConcurrency',
      method: 'GET',
      path: /^\/2019-09-30\/functions\/([^/]+)\/concurrency$/,
      write: false,
      bucket: BUCKET,
      run: (core, { path }, { region }) => concurrencyOf(functionNamed(core, region, path[0])) ?? {},
    },
    {
      name: 'GetProvisionedConcurrencyConfig',
      method: 'GET',
      path: /^\/2019-09-30\/functions\/([^/]+)\/provisioned-concurrency$/,
      parameter: 'Qualifier',
      write: false,
      bucket: BUCKET,
      resourceKey: ownKey,
      run: getConfig,
    },
    {
      name: 'ListFunctions',
      method: 'GET',
      path: /^\/2015-03-31\/functions\/?$/,
      write: false,
      bucket: BUCKET,
      run: listFunctions,
    },
    {
      name: 'ListProvisionedConcurrencyConfigs',
      method: 'GET',
      path: /^\/2019-09-30\/functions\/([^/]+)\/provisioned-concurrency$/,
      parameter: 'List',
      write: false,
      bucket: BUCKET,
      run: listConfigs,
    },
    {
      name: 'ListTags',
      method: 'GET',
      path: /^\/2017-03-31\/tags\/([^/]+)$/,
      write: false,
      bucket: BUCKET,
      run: (core, { path }, { region }) => ({
        Tags: tagsOf(functionNamed(core, region, path[0]?.split(':')[6])),
      }),
    },
    {
      name: 'PutProvisionedConcurrencyConfig',
      method: 'PUT',
      path: /^\/2019-09-30\/functions\/([^/]+)\/provisioned-concurrency$/,
      write: true,
      bucket: BUCKET,
      status: 202,
      resourceKey: ownKey,
      run: putConfig,
    },
  ],
};

function putConfig(core: Core, request: RestRequest, call: CallContext): unknown {
  const units = read.count(request.body, 'ProvisionedConcurrentExecutions') ?? 0;
  if (units < 1) {
    const message = `1 validation error detected: Value '${units}' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1`;
    throw new AwsError('ValidationException', message);
  }
  const resource = configured(core, request, call.region);
  const all = functionNamed(core, call.region, resource.reference.function);
  const reserved = reservedOf(all);
  const others = all.filter((other) => other !== resource);
  if (reserved !== null && units + requested(others) > reserved) {
    const message =
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function';
    throw new AwsError(bad, message);
  }
  const more = units - resource.desiredUnits;
  if (reserved === null && unreserved(core, call.region) - more < KEPT_UNRESERVED) {
    throw new AwsError(bad, noRoom());
  }
  core.world.change(resource, { desiredUnits: units }, call);
  return shapeOf(resource, core.world.nowMs());
}

function getConfig(core: Core, request: RestRequest, { region }: CallContext): unknown {
  const resource = configured(core, request, region);
  if (resource.desiredUnits > 0) return shapeOf(resource, core.world.nowMs());
  const message = 'No Provisioned Concurrency Config found for this function';
  throw new AwsError('ProvisionedConcurrencyConfigNotFoundException', message, 404);
}

function listConfigs(core: Core, { path, query }: RestRequest, { region }: CallContext): unknown {
  const found = functionNamed(core, region, path[0]).filter((resource) => resource.desiredUnits > 0);
  const { items, next } = page(found, query);
  const configs = items.map((resource) => ({
    FunctionArn: functionArn(region, `${resource.reference.function}:${resource.reference.qualifier}`),
    ...shapeOf(resource, core.world.nowMs()),
  }));
  return { ProvisionedConcurrencyConfigs: configs, ...(next === undefined ? {} : { NextMarker: next }) };
}

/** Allocated units grow by time; available are those whose allocation has been completed. */
function shapeOf(resource: Resource, nowMs: number): object {
  const { desiredUnits, servingUnits, provisioningSeconds, busyUntilMs, attributes } = resource;
  const missing = Math.max(0, desiredUnits - servingUnits);
  const way = provisioningSeconds === 0 ? 1 : 1 - (busyUntilMs - nowMs) / (provisioningSeconds * 1000);
  const allocated = servingUnits + Math.floor(missing * Math.min(1, Math.max(0, way)));
  const failure = missing > 0 ? attributes.allocationFailure : undefined;
  return {
    RequestedProvisionedConcurrentExecutions: desiredUnits,
    AvailableProvisionedConcurrentExecutions: Math.min(servingUnits, desiredUnits),
    AllocatedProvisionedConcurrentExecutions: Math.min(allocated, desiredUnits),
    Status: missing === 0 ? 'READY' : failure === undefined ? 'IN_PROGRESS' : 'FAILED',
    ...(failure === undefined ? {} : { StatusReason: String(failure) }),
    LastModified: new Date(nowMs).toISOString(),
  };
}

function getAccountSettings(core: Core, _request: RestRequest, { region }: CallContext): unknown {
  return {
    AccountLimit: {
      ...CODE_SIZES,
      ConcurrentExecutions: concurrentExecutions(core, region),
      UnreservedConcurrentExecutions: unreserved(core, region),
    },
    AccountUsage: { TotalCodeSize: 0, FunctionCount: functions(core, region).size },
  };
}

/** The version or alias of a request that speaks of one. @throws AwsError */
function configured(core: Core, { path, query }: RestRequest, region: string): Resource {
  const [name, qualifier] = [path[0] ?? '', query.get('Qualifier') ?? ''];
  if (qualifier === '$LATEST') {
    const message = 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.';
    throw new AwsError(bad, message);
  }
  const found = functions(core, region)
    .get(name)
    ?.find(({ reference }) => reference.qualifier === qualifier);
  if (found) return found;
  const what = /^\d+$/.test(qualifier) ? 'Function not found' : 'Cannot find alias arn';
  throw new AwsError(
    'ResourceNotFoundException',
    `${what}: ${functionArn(region, `${name}:${qualifier}`)}`,
    404,
  );
}

function ownKey({ path, query }: RestRequest, region: string): string | undefined {
  const reference = { function: path[0] ?? '', qualifier: query.get('Qualifier') ?? '' };
  const line = sandboxService('aws.lambda');
  return line && resourceKeyOf(line, region, reference);
}
