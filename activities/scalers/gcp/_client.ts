import type { VendorCall } from '../../../domain/api-limits.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { VendorAccess } from '../../calls/call-guard.ts';
import { computeError } from './_errors.ts';
import { type CallOptions, type ComputeClients, loadRegional, loadZonal, type Place } from './_sdk.ts';

/** Where a group lives: a zone (`europe-west1-b`) or, for a regional group, a region (`europe-west1`). */
export interface ComputeScope {
  readonly project: string;
  readonly location: string;
}

/** A managed instance group, narrowed to what scaling needs. */
export interface InstanceGroup {
  readonly name: string;
  /** Instances asked for; says nothing of what runs. Null where the answer lacks it. */
  readonly targetSize: number | null;
  /** Instances that run and have no action pending (`currentActions.none`). Null where the answer lacks it. */
  readonly runningUnits: number | null;
  readonly isStable: boolean;
  /** Name of the autoscaler that targets it, switched on or off; null without one. */
  readonly autoscaler: string | null;
}

/** An autoscaler, narrowed; `policy` is the whole policy as JSON, because a patch sends it back whole. */
export interface Autoscaler {
  readonly name: string;
  /** Name of the group it scales, which lies in the same zone or region. */
  readonly group: string;
  readonly mode: string;
  /** Null where the policy names none. */
  readonly minimumUnits: number | null;
  readonly maximumUnits: number | null;
  readonly policy: Readonly<Record<string, unknown>>;
}

/** A zonal or regional operation. */
export interface ComputeOperation {
  readonly name: string;
  readonly done: boolean;
  readonly errors: readonly {
    readonly code: string;
    readonly message: string;
  }[];
}

/** The Compute Engine calls used, one HTTP request each (lists: one per page). All throw ProviderError. */
export interface ComputeApi {
  listGroups(scope: ComputeScope, signal: AbortSignal): Promise<readonly InstanceGroup[]>;
  getGroup(scope: ComputeScope, name: string, signal: AbortSignal): Promise<InstanceGroup>;
  listAutoscalers(scope: ComputeScope, signal: AbortSignal): Promise<readonly Autoscaler[]>;
  getAutoscaler(scope: ComputeScope, name: string, signal: AbortSignal): Promise<Autoscaler>;
  /** Sends the whole policy; a repeated `requestId` (UUID) has no second effect. */
  patchAutoscaler(
    scope: ComputeScope,
    name: string,
    policy: Readonly<Record<string, unknown>>,
    requestId: string,
    signal: AbortSignal,
  ): Promise<ComputeOperation>;
  /** Sets the group's size; a repeated `requestId` (UUID) has no second effect. */
  resize(
    scope: ComputeScope,
    name: string,
    units: number,
    requestId: string,
    signal: AbortSignal,
  ): Promise<ComputeOperation>;
  getOperation(scope: ComputeScope, name: string, signal: AbortSignal): Promise<ComputeOperation>;
}

/** Largest page Compute Engine gives (`maxResults`, 0 to 500). */
export const PAGE_SIZE = 500;

/** One attempt's limit, in milliseconds; the SDK's own default is ten minutes. */
const CALL_TIMEOUT_MS = 30_000;

type Loose = Readonly<Record<string, unknown>>;
type SdkOperation = {
  name?: string | null;
  status?: string | number | null;
  error?: { errors?: { code?: string | null; message?: string | null }[] | null } | null;
};

/** True for a zone such as `europe-west1-b`; a region has no last letter of its own. */
export function isZone(location: string): boolean {
  return /^[a-z]+-[a-z]+\d+-[a-z]$/.test(location);
}

/**
 * Compute Engine through `@google-cloud/compute` over REST. The SDK is loaded at the first call, by file,
 * because its root module takes 380 MB; clients are kept per kind of location.
 * Mode `sandbox`: the given endpoint, no credentials, nothing read from the machine. Mode `real`: Application
 * Default Credentials.
 */
export function createComputeApi({ connection, guard }: VendorAccess): ComputeApi {
  const load = {
    zone: once(() => loadZonal(connection)),
    region: once(() => loadRegional(connection)),
  };
  const call = async <T>(
    scope: ComputeScope,
    signal: AbortSignal,
    operation: string,
    resource: string,
    send: (clients: ComputeClients, place: Place, options: CallOptions) => Promise<T>,
  ): Promise<T> => {
    const zonal = isZone(scope.location);
    const place = {
      project: scope.project,
      [zonal ? 'zone' : 'region']: scope.location,
    };
    const understand = (error: unknown) =>
      computeError(error, `projects/${scope.project}/${scope.location}/${resource}`);
    const options = { signal, timeout: CALL_TIMEOUT_MS, retry: null };
    try {
      signal.throwIfAborted();
      const clients = await (zonal ? load.zone() : load.region());
      return await guard.run(vendorCall(scope, operation), () => send(clients, place, options), understand);
    } catch (error) {
      throw understand(error);
    }
  };
  return {
    listGroups: (scope, signal) =>
      call(
        scope,
        signal,
        'instanceGroupManagers.list',
        'instanceGroupManagers',
        async ({ groups }, place, options) => {
          const [items] = await groups.list({ ...place, maxResults: PAGE_SIZE }, options);
          return items.map(toGroup);
        },
      ),
    getGroup: (scope, name, signal) =>
      call(
        scope,
        signal,
        'instanceGroupManagers.get',
        `instanceGroupManagers/${name}`,
        async ({ groups }, place, options) => {
          const [group] = await groups.get({ ...place, instanceGroupManager: name }, options);
          return toGroup(group);
        },
      ),
    listAutoscalers: (scope, signal) =>
      call(scope, signal, 'autoscalers.list', 'autoscalers', async ({ autoscalers }, place, options) => {
        const [items] = await autoscalers.list({ ...place, maxResults: PAGE_SIZE }, options);
        return items.map(toAutoscaler);
      }),
    getAutoscaler: (scope, name, signal) =>
      call(
        scope,
        signal,
        'autoscalers.get',
        `autoscalers/${name}`,
        async ({ autoscalers }, place, options) => {
          const [autoscaler] = await autoscalers.get({ ...place, autoscaler: name }, options);
          return toAutoscaler(autoscaler);
        },
      ),
    patchAutoscaler: (scope, name, policy, requestId, signal) =>
      call(
        scope,
        signal,
        'autoscalers.patch',
        `autoscalers/${name}`,
        async ({ autoscalers }, place, options) => {
          const autoscalerResource = { autoscalingPolicy: policy };
          const request = {
            ...place,
            autoscaler: name,
            autoscalerResource,
            requestId,
          };
          return acceptedOperation(await autoscalers.patch(request, options));
        },
      ),
    resize: (scope, name, units, requestId, signal) =>
      call(
        scope,
        signal,
        'instanceGroupManagers.resize',
        `instanceGroupManagers/${name}`,
        async ({ groups }, place, options) => {
          const request = {
            ...place,
            instanceGroupManager: name,
            size: units,
            requestId,
          };
          return acceptedOperation(await groups.resize(request, options));
        },
      ),
    getOperation: (scope, name, signal) =>
      call(scope, signal, 'operations.get', `operations/${name}`, async ({ operations }, place, options) => {
        const [operation] = await operations.get({ ...place, operation: name }, options);
        return toOperation(operation as SdkOperation);
      }),
  };
}

/** Compute Engine counts by project, over all regions. */
function vendorCall({ project, location }: ComputeScope, operation: string): VendorCall {
  const region = isZone(location) ? location.slice(0, -2) : location;
  return { provider: 'gcp', region, api: 'Compute Engine', operation, scope: project };
}

/** Runs `load` at the first call only; a failed load is tried again by the next. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}

/** Foreign groups are listed too, so a field one of them lacks is missed by its reader, not here. */
function toGroup(item: object): InstanceGroup {
  const group = item as Loose;
  const actions = group.currentActions as { none?: number | null } | null | undefined;
  const status = group.status as { isStable?: boolean | null; autoscaler?: string | null } | null | undefined;
  return {
    name: required(group.name, 'name'),
    targetSize: countOf(group.targetSize),
    runningUnits: countOf(actions?.none),
    isStable: status?.isStable === true,
    autoscaler: status?.autoscaler ? lastSegment(status.autoscaler) : null,
  };
}

function toAutoscaler(item: object): Autoscaler {
  const autoscaler = item as Loose;
  const policy = withoutSdkMarks(autoscaler.autoscalingPolicy ?? {}) as Record<string, unknown>;
  return {
    name: required(autoscaler.name, 'name'),
    group: lastSegment(required(autoscaler.target, 'target')),
    mode: typeof policy.mode === 'string' ? policy.mode : 'ON',
    minimumUnits: countOf(policy.minNumReplicas),
    maximumUnits: countOf(policy.maxNumReplicas),
    policy,
  };
}

/** The SDK wraps a write's answer in a made-up long-running operation; the vendor's own is inside. */
function acceptedOperation([answer]: readonly [object, ...unknown[]]): ComputeOperation {
  const wrapped = answer as { latestResponse?: SdkOperation };
  return toOperation(wrapped.latestResponse ?? (answer as SdkOperation));
}

function toOperation(operation: SdkOperation): ComputeOperation {
  const errors = operation.error?.errors ?? [];
  return {
    name: required(operation.name, 'operation name'),
    done: operation.status === 'DONE',
    errors: errors.map(({ code, message }) => ({
      code: code ?? '',
      message: message ?? '',
    })),
  };
}

/** Drops the SDK's synthetic `_field` keys and the nulls it fills in, which are not the vendor's. */
function withoutSdkMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSdkMarks);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, item]) => !key.startsWith('_') && item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutSdkMarks(item)]));
}

function lastSegment(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

function required(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new ProviderError('Transient', `Compute Engine's answer lacks ${field}; it was not used.`);
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
