import { ProviderError } from '../../../domain/errors.ts';
import type { Quota } from '../../../domain/service-descriptor.ts';
import { serviceDescriptor } from '../../../domain/services.ts';
import type { AwsAccess } from './_client.ts';
import { createServiceQuotasApi, type ServiceQuotasApi } from './_service-quotas-api.ts';

/** What a service's descriptor says of a quota it is bound by. @throws ProviderError for one it does not list */
export function describedQuota(service: string, code: string): Quota {
  const quota = serviceDescriptor(service)?.quotas.find((candidate) => candidate.code === code);
  if (quota) return quota;
  throw new ProviderError('InvalidTarget', `${service} has no quota ${code} in its descriptor.`);
}

/** What the account is allowed of a quota in a region. @throws ProviderError where that cannot be read. */
export type QuotaLimits = (
  region: string,
  quota: Pick<Quota, 'quotaService' | 'code'>,
  signal: AbortSignal,
) => Promise<number>;

/**
 * Limits from Service Quotas: the account's own value, or the default where it has none. Read anew every time: a
 * plan that was refused is made again once the request is granted, and an old limit would refuse it again.
 */
export function createQuotaLimits(access: AwsAccess): QuotaLimits {
  return quotaLimits(createServiceQuotasApi(access));
}

/** {@link createQuotaLimits} over given calls of AWS. */
export function quotaLimits(api: ServiceQuotasApi): QuotaLimits {
  return async (region, { quotaService, code }, signal) =>
    (await api.applied(region, quotaService, code, signal)) ??
    (await api.byDefault(region, quotaService, code, signal));
}
