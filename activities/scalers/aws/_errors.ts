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
  AuthFailure: 'PermissionDenied',
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
  DependencyAccessDeniedException: 'PermissionDenied',
  ExpiredToken: 'PermissionDenied',
  ExpiredTokenException: 'PermissionDenied',
  FailedResourceAccessException: 'PermissionDenied',
  IllegalArgumentException: 'InvalidTarget',
  IncompleteSignatureException: 'PermissionDenied',
  InstanceQuotaExceeded: 'QuotaExceeded',
  InsufficientCacheClusterCapacity: 'InsufficientCapacity',
  InsufficientDBClusterCapacityFault: 'InsufficientCapacity',
  InsufficientDBInstanceCapacity: 'InsufficientCapacity',
  InsufficientStorageClusterCapacity: 'InsufficientCapacity',
  InternalError: 'Transient',
  InternalFailure: 'Transient',
  InternalServiceException: 'Transient',
  InvalidCacheClusterState: 'UpdateInProgress',
  InvalidClientTokenId: 'PermissionDenied',
  InvalidDBClusterStateFault: 'UpdateInProgress',
  InvalidDBInstanceState: 'UpdateInProgress',
  InvalidParameterCombination: 'InvalidTarget',
  InvalidParameterException: 'InvalidTarget',
  InvalidParameterValue: 'InvalidTarget',
  InvalidParameterValueException: 'InvalidTarget',
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
  NoSuchResourceException: 'NotFound',
  NodeGroupsPerReplicationGroupQuotaExceeded: 'QuotaExceeded',
  NodeQuotaForClusterExceeded: 'QuotaExceeded',
  NodeQuotaForCustomerExceeded: 'QuotaExceeded',
  ObjectNotFoundException: 'NotFound',
  OptInRequired: 'PermissionDenied',
  PriorRequestNotComplete: 'UpdateInProgress',
  ProvisionedConcurrencyConfigNotFoundException: 'NotFound',
  ProvisionedIopsNotAvailableInAZFault: 'InsufficientCapacity',
  ReplicationGroupAlreadyUnderMigrationFault: 'UpdateInProgress',
  ReplicationGroupNotFoundFault: 'NotFound',
  RequestExpired: 'Transient',
  RequestLimitExceeded: 'Throttled',
  ResourceConflictException: 'UpdateInProgress',
  ResourceContention: 'UpdateInProgress',
  ResourceInUseException: 'UpdateInProgress',
  ResourceLimitExceededException: 'QuotaExceeded',
  ResourceNotFoundException: 'NotFound',
  ScalingActivityInProgress: 'UpdateInProgress',
  ServerException: 'Transient',
  ServiceException: 'Transient',
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
  UnauthorizedOperation: 'PermissionDenied',
  Unavailable: 'Transient',
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

/**
 * What only the words tell, where a code says too little. ECS has no code for the first two, EC2 Auto Scaling none
 * for the next two (source of the second: user guide, instance refresh), and RDS uses the code of a request that
 * can never work for one that waits for hours after a change of storage. Lambda refuses what the account or
 * the function's reserved concurrency has no room for as a bad parameter, and has one conflict
 * that no waiting ends: provisioned concurrency on a version and on an alias of it.
 */
const KIND_BY_WORDS: readonly (readonly [RegExp, ProviderErrorKind])[] = [
  [/capacity is unavailable/i, 'InsufficientCapacity'],
  [/ECS service doesn't exist/i, 'NotFound'],
  [/AutoScalingGroup name not found|^Group .* not found/i, 'NotFound'],
  [/active instance refresh with a desired configuration/i, 'UpdateInProgress'],
  [/previous storage change is being optimized/i, 'UpdateInProgress'],
  [/UnreservedConcurrentExecution|unreserved concurrency|reservedConcurrentExecution/, 'QuotaExceeded'],
  [/already Provisioned version|pointed by a Provisioned Concurrency alias/i, 'InvalidTarget'],
];

function kindOf(code: string | undefined, status: number | undefined, text: string): ProviderErrorKind {
  const byWords = KIND_BY_WORDS.find(([words]) => words.test(text))?.[1];
  if (byWords) return byWords;
  const byCode = code !== undefined && Object.hasOwn(KIND_BY_CODE, code) ? KIND_BY_CODE[code] : undefined;
  return byCode ?? (status === undefined ? undefined : KIND_BY_STATUS[status]) ?? 'Transient';
}
