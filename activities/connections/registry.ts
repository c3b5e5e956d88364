import type { VendorCall } from '../../domain/api-limits.ts';
import type { VendorConnection } from '../../domain/connection.ts';
import type { PermissionFinding } from '../../domain/integration.ts';
import type { ProviderId } from '../../domain/providers.ts';
import type { Quota } from '../../domain/service-descriptor.ts';
import type { Guarded } from '../calls/call-guard.ts';

/** Who the credentials are. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/** What was found of one permission. */
export type PermissionAnswer = Pick<PermissionFinding, 'status' | 'how' | 'message'>;

/** What a checker is made with. */
export interface CheckerOptions extends Guarded {
  /** Where the provider is used; at least one. */
  readonly regions: readonly string[];
  /** What permissions are simulated on; empty for everything. */
  readonly resourceArns: readonly string[];
  /** The role the credentials are of, where one is assumed. */
  readonly roleArn?: string;
}

/**
 * What a cloud can be asked about a connection beyond reading its services. Every part is optional: what a cloud
 * has no part for is said to be not tested. All throw ProviderError.
 */
export interface ConnectionChecker {
  identity?(signal: AbortSignal): Promise<Identity>;
  /**
   * What the cloud says of permissions that no call has shown, by name; one it says nothing of is left out.
   */
  permissions?(
    names: readonly string[],
    identity: Identity,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, PermissionAnswer>>;
  /** The limit of a quota in a region: the account's own, else the vendor's default. */
  quota?(region: string, quota: Quota, signal: AbortSignal): Promise<number>;
  /** The permission a call needs, in the vendor's words; undefined for one that needs none. */
  permissionOf?(call: VendorCall): string | undefined;
  /** Whether an error means that a permission is lacking, not that the credentials are wrong altogether. */
  lacksPermission?(error: unknown): boolean;
  /** Permissions that a read of a service shows, for a cloud whose calls pass no guard yet. */
  readonly shownByRead?: Readonly<Record<string, readonly string[]>>;
}

/** Makes a checker; calls nobody. */
export type CheckerFactory = (connection: VendorConnection, options: CheckerOptions) => ConnectionChecker;

/** A checker by its provider. */
export interface CheckerEntry {
  readonly id: ProviderId;
  readonly load: () => Promise<CheckerFactory>;
}

/** Every checker, sorted by id; of a provider without one, services are read and nothing else is asked. */
export const checkerRegistry: readonly CheckerEntry[] = [
  { id: 'aws', load: async () => (await import('./aws.ts')).createAwsChecker },
  { id: 'azure', load: async () => (await import('./azure.ts')).createAzureChecker },
  { id: 'gcp', load: async () => (await import('./gcp.ts')).createGcpChecker },
];
