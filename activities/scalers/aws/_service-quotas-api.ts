import type { ServiceQuota } from '@aws-sdk/client-service-quotas';
import { ProviderError } from '../../../domain/errors.ts';
import { type AwsAccess, mapped, regionalClients } from './_client.ts';

/** The calls of Service Quotas used, one HTTP request each. All throw ProviderError. */
export interface ServiceQuotasApi {
  /** What the account is allowed; null where it has no value of its own, so that the default holds. */
  applied(region: string, service: string, code: string, signal: AbortSignal): Promise<number | null>;
  /** What AWS gives every account. @throws ProviderError `NotFound` for a code no service has. */
  byDefault(region: string, service: string, code: string, signal: AbortSignal): Promise<number>;
}

/** What Service Quotas answers about a quota without a value of the account's own. */
const NONE = 'NoSuchResourceException';

/** Loads the SDK at the first call; one client per region. */
export function createServiceQuotasApi(access: AwsAccess): ServiceQuotasApi {
  const clients = regionalClients(access, async (options) => {
    const { ServiceQuotasClient } = await import('@aws-sdk/client-service-quotas');
    return new ServiceQuotasClient(options);
  });
  const label = (region: string, service: string, code: string) =>
    `Service Quotas ${region}/${service}/${code}`;
  return {
    applied: (region, ServiceCode, QuotaCode, abortSignal) =>
      mapped(label(region, ServiceCode, QuotaCode), async () => {
        const client = await clients(region);
        const { GetServiceQuotaCommand } = await import('@aws-sdk/client-service-quotas');
        const command = new GetServiceQuotaCommand({ ServiceCode, QuotaCode });
        return limitOf((await client.send(command, { abortSignal })).Quota, QuotaCode);
      }).catch((error: ProviderError) => {
        if (error.vendorCode === NONE) return null;
        throw error;
      }),
    byDefault: (region, ServiceCode, QuotaCode, abortSignal) =>
      mapped(label(region, ServiceCode, QuotaCode), async () => {
        const client = await clients(region);
        const { GetAWSDefaultServiceQuotaCommand } = await import('@aws-sdk/client-service-quotas');
        const command = new GetAWSDefaultServiceQuotaCommand({ ServiceCode, QuotaCode });
        return limitOf((await client.send(command, { abortSignal })).Quota, QuotaCode);
      }),
  };
}

/** A quota whose service would not tell its value comes with a reason beside, or instead of, a number. */
function limitOf(quota: ServiceQuota | undefined, code: string): number {
  const { Value, ErrorReason } = quota ?? {};
  if (Value !== undefined && ErrorReason === undefined) return Value;
  const reason = ErrorReason?.ErrorMessage ?? ErrorReason?.ErrorCode ?? 'without a word why';
  throw new ProviderError('Transient', `Service Quotas gave no value of ${code}: ${reason}`);
}
