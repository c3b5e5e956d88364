import type { ProviderId } from './providers.ts';

/** How often every connected provider is tested again, in minutes of wall time. */
export const CHECK_EVERY_MINUTES = 5;

/** A test older than this says nothing about now: three were missed. In milliseconds of wall time. */
export const TEST_STALE_AFTER_MS = 3 * CHECK_EVERY_MINUTES * 60_000;

/** Whether something works, by its last test; `unknown` where it was never tested, or too long ago. */
export type Health = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

/** Who the credentials are. `notTested` for a cloud whose checker cannot ask. */
export interface IdentityFinding {
  readonly status: 'proven' | 'failed' | 'notTested';
  /** The vendor's account, e.g. twelve digits; null where it is not known. */
  readonly account: string | null;
  readonly arn: string | null;
  /** Why it is not known; empty where it is proven. */
  readonly message: string;
}

/** One least permission of the registry. */
export interface PermissionFinding {
  /** In the vendor's words, e.g. `ecs:UpdateService`. */
  readonly name: string;
  readonly verb: 'read' | 'write';
  /** Services that need it. */
  readonly services: readonly string[];
  readonly status: 'allowed' | 'denied' | 'notTested';
  /** `call`: a real call needed it. `simulation`: the vendor was asked what it would say. `none`: not tested. */
  readonly how: 'call' | 'simulation' | 'none';
  /** What was denied and where, or why it was not tested; may be empty. */
  readonly message: string;
}

/** One reading of a quota, or why there is none. */
export interface QuotaFinding {
  readonly region: string;
  readonly status: 'read' | 'unread';
  /** The vendor's code and name; null and empty where no quota is described. */
  readonly code: string | null;
  readonly title: string;
  /** Null where it is unread. */
  readonly limit: number | null;
  readonly message: string;
}

/** One read of one service in one region. */
export interface ReadFinding {
  readonly service: string;
  readonly region: string;
  /** `skipped` where there was nothing to read. */
  readonly status: 'ok' | 'failed' | 'skipped';
  /** From request to answer; null where nothing was asked. */
  readonly latencyMs: number | null;
  readonly message: string;
}

/** What a test of a provider found. JSON, as it is stored and answered. */
export interface ProviderTest {
  /** `sandbox`: stand-in credentials against the sandbox, and no cloud was asked. */
  readonly environment: 'sandbox' | 'real';
  /** End of the test, ISO 8601, wall time. */
  readonly testedAt: string;
  readonly durationMs: number;
  readonly identity: IdentityFinding;
  readonly permissions: readonly PermissionFinding[];
  readonly quotas: readonly QuotaFinding[];
  readonly reads: readonly ReadFinding[];
}

/**
 * Whether a provider can be used as it is: identity proven (where its cloud cannot be asked, something was read),
 * no read failed, no permission denied. What was not tested neither helps nor harms.
 */
export function testSucceeded({ identity, permissions, reads }: ProviderTest): boolean {
  if (identity.status === 'failed') return false;
  const known = identity.status === 'proven' || reads.some(({ status }) => status === 'ok');
  const failed = reads.some(({ status }) => status === 'failed');
  return known && !failed && !permissions.some(({ status }) => status === 'denied');
}

/** Services that answered a read. */
export function servicesRead({ reads }: ProviderTest): readonly string[] {
  return [...new Set(reads.filter(({ status }) => status === 'ok').map(({ service }) => service))];
}

/** Health by a test; `unhealthy` where the credentials are refused or nothing can be read. */
export function healthByTest(test: ProviderTest | null, nowMs: number): Health {
  if (!test || nowMs - Date.parse(test.testedAt) > TEST_STALE_AFTER_MS) return 'unknown';
  if (testSucceeded(test)) return 'healthy';
  const asked = test.reads.filter(({ status }) => status !== 'skipped');
  const nothingRead = asked.length > 0 && asked.every(({ status }) => status === 'failed');
  return test.identity.status === 'failed' || nothingRead ? 'unhealthy' : 'degraded';
}

/**
 * Health of all parts together: `unhealthy` where every part is, `degraded` where any fails, `unknown` without a
 * part or with one that was never tested.
 */
export function overallHealth(parts: readonly Health[]): Health {
  if (parts.length === 0) return 'unknown';
  if (parts.every((part) => part === 'unhealthy')) return 'unhealthy';
  if (parts.some((part) => part === 'unhealthy' || part === 'degraded')) return 'degraded';
  return parts.includes('unknown') ? 'unknown' : 'healthy';
}

/** Services whose units are containers or the nodes below them. */
const CONTAINER_SERVICES: ReadonlySet<string> = new Set([
  'aws.ecs',
  'aws.eks',
  'azure.aks',
  'gcp.gke',
  'kubernetes.deployment',
  'kubernetes.hpa',
]);

/** One place where containers run, by the last read of it. */
export interface ContainerHealth {
  readonly service: string;
  readonly region: string;
  readonly status: Health;
  readonly message: string;
}

/** Health of the container services a test read. */
export function containerHealth(test: ProviderTest | null, nowMs: number): readonly ContainerHealth[] {
  const stale = healthByTest(test, nowMs) === 'unknown';
  return (test?.reads ?? [])
    .filter(({ service }) => CONTAINER_SERVICES.has(service))
    .map(({ service, region, status, message }) => {
      const found = { ok: 'healthy', failed: 'unhealthy', skipped: 'unknown' } as const;
      return { service, region, status: stale ? 'unknown' : found[status], message };
    });
}

/** Where an integration stands. Only one per provider is `connected`, and only that one is used. */
export type IntegrationState = 'connecting' | 'connected' | 'refused' | 'replaced' | 'disconnected';

/** How a provider's credentials are had; none of it is secret. */
export type CredentialKind = 'role' | 'keys' | 'chain';

/** A provider as the status shows it. */
export interface ProviderHealth {
  readonly integrationId: string;
  readonly provider: ProviderId;
  readonly name: string;
  readonly environment: 'sandbox' | 'real' | null;
  readonly status: Health;
  /** ISO 8601; null before the first test. */
  readonly checkedAt: string | null;
  /** What is wrong, in a line; empty where nothing is. */
  readonly message: string;
}

/** What is wrong by a test, in a line; empty where nothing is. */
export function complaintOf({ identity, permissions, reads }: ProviderTest): string {
  if (identity.status === 'failed') return identity.message;
  const denied = permissions.filter(({ status }) => status === 'denied').map(({ name }) => name);
  const failed = reads.filter(({ status }) => status === 'failed');
  return [
    ...(denied.length > 0 ? [`denied: ${denied.join(', ')}`] : []),
    ...failed.map(({ service, region, message }) => `${service} in ${region}: ${message}`),
  ].join('; ');
}
