import { ProviderError, type ProviderErrorKind } from '../../../domain/errors.ts';
import { retryAfterMs } from '../../calls/retry-after.ts';

/**
 * Error codes of the services scaled here and those common to all of AWS. Sources: the API references' errors
 * per operation and "Common Errors". A code goes before the status, because AWS answers nearly everything with
 * 400. A service of AWS Query has two names for an error, that of the SDK's class (`InvalidDBInstanceStateFault`)
 * and the code on the wire (`InvalidDBInstanceState`); where the wire's is given, it is the latter.
 */
const KIND_BY_CODE: Readonly<Record<string, ProviderErrorKind>> = {
  APICallRateForCustomerExceeded: 'Throttled',
  AccessDenied: 'PermissionDenied',
  AccessDeniedException: 'PermissionDenied',
  BlockedException: 'PermissionDenied',
  CacheClusterNotFound: 'NotFound',
  ClusterNotFoundException: 'NotFound',
  ClusterQuotaForCustomerExceeded: 'QuotaExceeded',
  ConcurrentUpdateException: 'UpdateInProgress',
  // No credentials, or not right now (instance metadata or the token endpoint is away): nothing was refused.
  CredentialsProviderError: 'Transient',
  DBClusterNotFoundFault: 'NotFound',
  DBInstanceNotFound: 'NotFound',
  DBInstanceNotReady: 'UpdateInProgress',
  DBParameterGroupNotFound: 'InvalidTarget',
  ExpiredToken: 'PermissionDenied',
  ExpiredTokenException: 'PermissionDenied',
  FailedResourceAccessException: 'PermissionDenied',
  IncompleteSignatureException: 'PermissionDenied',
  InstanceQuotaExceeded: 'QuotaExceeded',
  InsufficientCacheClusterCapacity: 'InsufficientCapacity',
  InsufficientDBClusterCapacityFault: 'InsufficientCapacity',
  InsufficientDBInstanceCapacity: 'InsufficientCapacity',
  InsufficientStorageClusterCapacity: 'InsufficientCapacity',
  InternalFailure: 'Transient',
  InternalServiceException: 'Transient',
  InvalidCacheClusterState: 'UpdateInProgress',
  InvalidClientTokenId: 'PermissionDenied',
  InvalidDBClusterStateFault: 'UpdateInProgress',
  InvalidDBInstanceState: 'UpdateInProgress',
  InvalidParameterCombination: 'InvalidTarget',
  InvalidParameterException: 'InvalidTarget',
  InvalidParameterValue: 'InvalidTarget',
  InvalidReplicationGroupState: 'UpdateInProgress',
  InvalidSignatureException: 'PermissionDenied',
  LimitExceeded: 'QuotaExceeded',
  // Application Auto Scaling: an account's hard quota, which the SDK's own table takes for a throttle.
  LimitExceededException: 'QuotaExceeded',

  LimitsExceeded: 'QuotaExceeded',
  MissingAuthenticationTokenException: 'PermissionDenied',
  NoSuchChange: 'NotFound',
  NoSuchHealthCheck: 'NotFound',
  NoSuchHostedZone: 'NotFound',
  NodeGroupsPerReplicationGroupQuotaExceeded: 'QuotaExceeded',
  NodeQuotaForClusterExceeded: 'QuotaExceeded',
  NodeQuotaForCustomerExceeded: 'QuotaExceeded',
  ObjectNotFoundException: 'NotFound',
  OptInRequired: 'PermissionDenied',
  PriorRequestNotComplete: 'UpdateInProgress',
  ProvisionedIopsNotAvailableInAZFault: 'InsufficientCapacity',
  ReplicationGroupAlreadyUnderMigrationFault: 'UpdateInProgress',
  ReplicationGroupNotFoundFault: 'NotFound',
  RequestExpired: 'Transient',
  RequestLimitExceeded: 'Throttled',
  ResourceContention: 'UpdateInProgress',
  ResourceInUseException: 'UpdateInProgress',
  ResourceLimitExceededException: 'QuotaExceeded',
  ResourceNotFoundException: 'NotFound',
  ScalingActivityInProgress: 'UpdateInProgress',
  ServerException: 'Transient',
  ServiceNotActiveException: 'InvalidTarget',
  ServiceNotFoundException: 'NotFound',
  ServiceQuotaExceededException: 'QuotaExceeded',
  ServiceUnavailable: 'Transient',
  SignatureDoesNotMatch: 'PermissionDenied',
  StorageQuotaExceeded: 'QuotaExceeded',
  Throttling: 'Throttled',
  ThrottlingException: 'Throttled',
  TokenProviderError: 'Transient',
  TooManyRequestsException: 'Throttled',
  UnrecognizedClientException: 'PermissionDenied',
  ValidationError: 'InvalidTarget',
};

const KIND_BY_STATUS: Readonly<Record<number, ProviderErrorKind>> = {
  400: 'InvalidTarget',
  401: 'PermissionDenied',
  403: 'PermissionDenied',
  404: 'NotFound',
  408: 'Transient',
  429: 'Throttled',
};

interface SdkErrorShape {
  readonly name?: string;
  /** The code on the wire, of a service that speaks AWS Query. */
  readonly Code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/**
 * Turns whatever a call of an AWS SDK threw into a ProviderError naming `resource`. Without an answer of AWS
 * (network, time-out, abort) it is `Transient`.
 */
export function awsError(error: unknown, resource: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const { name, Code: code = name, message, $metadata, $response } = error as SdkErrorShape;
  const text = message ?? String(error);
  const kind = kindOf(code, $metadata?.httpStatusCode, text);
  const wait = kind === 'Throttled' ? retryAfterMs($response?.headers?.['retry-after']) : undefined;
  return new ProviderError(kind, `AWS, ${resource}: ${text}`, {
    resource,
    cause: error,
    ...(code === undefined ? {} : { vendorCode: code }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

function kindOf(code: string | undefined, status: number | undefined, text: string): ProviderErrorKind {
  // ECS has no code of its own for these two.
  if (/capacity is unavailable/i.test(text)) return 'InsufficientCapacity';
  if (/ECS service doesn't exist/i.test(text)) return 'NotFound';
  // Nor has EC2 Auto Scaling: both are a ValidationError. Source of the second: user guide, instance refresh.
  if (/AutoScalingGroup name not found|^Group .* not found/i.test(text)) return 'NotFound';
  if (/active instance refresh with a desired configuration/i.test(text)) return 'UpdateInProgress';
  // RDS says so for hours after a change of storage, in the code of a request that can never work.
  if (/previous storage change is being optimized/i.test(text)) return 'UpdateInProgress';
  const byCode = code !== undefined && Object.hasOwn(KIND_BY_CODE, code) ? KIND_BY_CODE[code] : undefined;
  return byCode ?? (status === undefined ? undefined : KIND_BY_STATUS[status]) ?? 'Transient';
}
