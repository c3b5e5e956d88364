import type {
  AccountLimit,
  GetProvisionedConcurrencyConfigResponse,
  LambdaClient,
  ProvisionedConcurrencyConfigListItem,
} from '@aws-sdk/client-lambda';
import { ProviderError } from '../../../domain/errors.ts';
import { createScalableTargetsApi, type ScalableTargetsApi } from './_app-auto-scaling.ts';
import { type AwsAccess, mapped, regionalClients } from './_client.ts';
import { everyPage } from './_pages.ts';

/** A version or an alias of a function, by the names it is found under. */
export interface FunctionVersion {
  readonly region: string;
  /** The function's name, no ARN. */
  readonly function: string;
  /** A version number or an alias. */
  readonly qualifier: string;
}

/** Provisioned concurrency as Lambda says it, narrowed to what scaling needs. */
export interface ProvisionedConcurrency {
  readonly requestedUnits: number;
  /** Initialised and open to requests; what is still being allocated is none of them. */
  readonly availableUnits: number;
  /** `IN_PROGRESS`, `READY` or `FAILED`. */
  readonly status: string;
  /** Why it failed, empty where it did not. */
  readonly statusReason: string;
}

/** What an account may have in a region. */
export interface AccountLimits {
  readonly concurrentUnits: number;
  readonly unreservedUnits: number;
}

/** The calls used, one HTTP request each. All throw ProviderError. */
export interface LambdaApi {
  /** What is provisioned on a version or alias; null where nothing is. @throws ProviderError `NotFound` */
  provisioned(name: FunctionVersion, signal: AbortSignal): Promise<ProvisionedConcurrency | null>;
  /** What is requested on versions and aliases of one function, by qualifier, all of its pages. */
  requestedOf(
    region: string,
    functionName: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number>>;
  /** Reserved concurrency of a function, which is its maximum too; null where none is reserved. */
  reservedUnits(region: string, functionName: string, signal: AbortSignal): Promise<number | null>;
  /** Concurrent executions of the account in a region, and what of them nobody has reserved or provisioned. */
  accountLimits(region: string, signal: AbortSignal): Promise<AccountLimits>;
  /** Sets provisioned concurrency, at least 1; resolves when accepted, with the request id. */
  setProvisioned(name: FunctionVersion, units: number, signal: AbortSignal): Promise<string>;
  /** Takes provisioned concurrency away altogether; also where there is none. Resolves with the request id. */
  removeProvisioned(name: FunctionVersion, signal: AbortSignal): Promise<string>;
  /** Scalable targets of versions and aliases, by {@link resourceIdOf}. */
  readonly scalableTargets: ScalableTargetsApi;
}

/** What Application Auto Scaling calls it. */
export const PROVISIONED_CONCURRENCY = {
  namespace: 'lambda',
  dimension: 'lambda:function:ProvisionedConcurrency',
} as const;

/** What Lambda answers about a version or alias without provisioned concurrency. */
const NONE = 'ProvisionedConcurrencyConfigNotFoundException';

/** Loads the SDK at the first call; one client per region. */
export function createLambdaApi(access: AwsAccess): LambdaApi {
  const clients = regionalClients(access, async (options) => {
    const { LambdaClient: Client } = await import('@aws-sdk/client-lambda');
    return new Client(options);
  });
  return {
    scalableTargets: createScalableTargetsApi(access, PROVISIONED_CONCURRENCY),
    provisioned: (name, abortSignal) =>
      mapped(labelOf(name), async () => {
        const client = await clients(name.region);
        const { GetProvisionedConcurrencyConfigCommand } = await import('@aws-sdk/client-lambda');
        const command = new GetProvisionedConcurrencyConfigCommand(inputOf(name));
        return toProvisioned(await client.send(command, { abortSignal }));
      }).catch((error: ProviderError) => {
        if (error.vendorCode === NONE) return null;
        throw error;
      }),
    requestedOf: (region, functionName, signal) =>
      mapped(`Lambda ${region}/${functionName}`, async () =>
        requestedOf(await clients(region), functionName, signal),
      ),
    reservedUnits: (region, FunctionName, abortSignal) =>
      mapped(`Lambda ${region}/${FunctionName}`, async () => {
        const client = await clients(region);
        const { GetFunctionConcurrencyCommand } = await import('@aws-sdk/client-lambda');
        const answer = await client.send(new GetFunctionConcurrencyCommand({ FunctionName }), {
          abortSignal,
        });
        return answer.ReservedConcurrentExecutions ?? null;
      }),
    accountLimits: (region, abortSignal) =>
      mapped(`Lambda ${region}`, async () => {
        const client = await clients(region);
        const { GetAccountSettingsCommand } = await import('@aws-sdk/client-lambda');
        const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}), { abortSignal });
        return toLimits(AccountLimit);
      }),
    setProvisioned: (name, ProvisionedConcurrentExecutions, abortSignal) =>
      mapped(labelOf(name), async () => {
        const client = await clients(name.region);
        const { PutProvisionedConcurrencyConfigCommand } = await import('@aws-sdk/client-lambda');
        const input = { ...inputOf(name), ProvisionedConcurrentExecutions };
        const { $metadata } = await client.send(new PutProvisionedConcurrencyConfigCommand(input), {
          abortSignal,
        });
        return $metadata.requestId ?? '';
      }),
    removeProvisioned: (name, abortSignal) =>
      mapped(labelOf(name), async () => {
        const client = await clients(name.region);
        const { DeleteProvisionedConcurrencyConfigCommand } = await import('@aws-sdk/client-lambda');
        const command = new DeleteProvisionedConcurrencyConfigCommand(inputOf(name));
        const { $metadata } = await client.send(command, { abortSignal });
        return $metadata.requestId ?? '';
      }),
  };
}

/** A version's or alias's name in Application Auto Scaling. */
export function resourceIdOf(name: Pick<FunctionVersion, 'function' | 'qualifier'>): string {
  return `function:${name.function}:${name.qualifier}`;
}

function labelOf({ region, function: name, qualifier }: FunctionVersion): string {
  return `Lambda ${region}/${name}:${qualifier}`;
}

function inputOf({ function: name, qualifier }: FunctionVersion) {
  return { FunctionName: name, Qualifier: qualifier };
}

async function requestedOf(
  client: LambdaClient,
  FunctionName: string,
  abortSignal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const { ListProvisionedConcurrencyConfigsCommand } = await import('@aws-sdk/client-lambda');
  const found = await everyPage('ListProvisionedConcurrencyConfigs', async (Marker) => {
    const page = Marker === undefined ? {} : { Marker };
    const command = new ListProvisionedConcurrencyConfigsCommand({ FunctionName, ...page });
    const answer = await client.send(command, { abortSignal });
    return { items: answer.ProvisionedConcurrencyConfigs, next: answer.NextMarker };
  });
  return new Map(found.map(toRequested));
}

function toLimits(limit: AccountLimit | undefined): AccountLimits {
  const { ConcurrentExecutions: concurrentUnits, UnreservedConcurrentExecutions: unreservedUnits } =
    limit ?? {};
  if (concurrentUnits !== undefined && unreservedUnits !== undefined) {
    return { concurrentUnits, unreservedUnits };
  }
  throw new ProviderError('Transient', 'Lambda gave settings of the account without its concurrency.');
}

function toRequested(config: ProvisionedConcurrencyConfigListItem): [string, number] {
  const { FunctionArn, RequestedProvisionedConcurrentExecutions: units } = config;
  if (FunctionArn !== undefined && units !== undefined) {
    return [FunctionArn.slice(FunctionArn.lastIndexOf(':') + 1), units];
  }
  throw new ProviderError('Transient', 'Lambda listed provisioned concurrency without its name or number.');
}

function toProvisioned(config: GetProvisionedConcurrencyConfigResponse): ProvisionedConcurrency {
  const { RequestedProvisionedConcurrentExecutions: requestedUnits, Status: status } = config;
  const { AvailableProvisionedConcurrentExecutions: availableUnits, StatusReason: statusReason = '' } =
    config;
  if (requestedUnits !== undefined && availableUnits !== undefined && status !== undefined) {
    return { requestedUnits, availableUnits, status, statusReason };
  }
  throw new ProviderError('Transient', 'Lambda gave provisioned concurrency without status or numbers.');
}
