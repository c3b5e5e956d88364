import type { EvaluationResult, IAMClient } from '@aws-sdk/client-iam';
import type { VendorCall } from '../../domain/api-limits.ts';
import { ProviderError } from '../../domain/errors.ts';
import { mapped } from '../scalers/aws/_client.ts';
import { awsError } from '../scalers/aws/_errors.ts';
import { everyPage } from '../scalers/aws/_pages.ts';
import type { Identity, PermissionAnswer } from './registry.ts';

/**
 * What IAM calls a service whose SDK calls it otherwise. Source: Service Authorization Reference, "service prefix"
 * of each; the keys are the SDKs' `serviceId`. Actions of these services are named like their operations.
 */
const PREFIX_BY_API: Readonly<Record<string, string>> = {
  'Application Auto Scaling': 'application-autoscaling',
  'Auto Scaling': 'autoscaling',
  EC2: 'ec2',
  ECS: 'ecs',
  EKS: 'eks',
  ElastiCache: 'elasticache',
  Lambda: 'lambda',
  RDS: 'rds',
  'Route 53': 'route53',
  'Service Quotas': 'servicequotas',
};

/** The IAM action a call needs; undefined for one that needs none of ours. */
export function actionOf({ api, operation }: VendorCall): string | undefined {
  const prefix = PREFIX_BY_API[api];
  return prefix === undefined ? undefined : `${prefix}:${operation}`;
}

/** Whether AWS refused one action, and not the credentials. Sources: "Common Errors"; EC2's "Error codes". */
export function lacksAction(error: unknown): boolean {
  const { vendorCode = '' } = awsError(error, '');
  return vendorCode.startsWith('AccessDenied') || vendorCode === 'UnauthorizedOperation';
}

/**
 * The principal whose policies decide, as SimulatePrincipalPolicy takes it, or why there is none. The name of a
 * session leaves out its role's path, so a role with a path is only found where its ARN was given.
 */
export function principalOf({ arn }: Identity, roleArn?: string): { arn: string } | { none: string } {
  if (roleArn !== undefined) return { arn: roleArn };
  const [, partition, account, role] = /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  if (role !== undefined) return { arn: `arn:${partition}:iam::${account}:role/${role}` };
  if (/:iam::\d+:user\//.test(arn)) return { arn };
  return { none: `${arn} has no policies of its own that could be simulated` };
}

/** Where IAM answers, by partition. Source: AWS General Reference, "IAM endpoints and quotas". */
export function iamRegion({ arn }: Identity): string {
  const [, partition] = arn.split(':');
  if (partition === 'aws-cn') return 'cn-north-1';
  return partition === 'aws-us-gov' ? 'us-gov-west-1' : 'us-east-1';
}

/**
 * Asks IAM what a principal may do. What cannot be decided, or not be asked, is `notTested` and says why.
 * @param resourceArns what to simulate on; empty for everything (`*`).
 */
export async function simulated(
  client: IAMClient,
  principal: string,
  actions: readonly string[],
  resourceArns: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PermissionAnswer>> {
  try {
    const results = await allResults(client, principal, actions, resourceArns, signal);
    return new Map(
      results.map((result) => [result.EvalActionName ?? '', answerOf(result, resourceArns.length === 0)]),
    );
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const message = whyNot(error, principal);
    return new Map(actions.map((action) => [action, { status: 'notTested', how: 'none', message }]));
  }
}

function allResults(
  client: IAMClient,
  principal: string,
  actions: readonly string[],
  resourceArns: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly EvaluationResult[]> {
  return mapped(`IAM ${principal}`, async () => {
    const { SimulatePrincipalPolicyCommand } = await import('@aws-sdk/client-iam');
    return everyPage('SimulatePrincipalPolicy', async (marker) => {
      const command = new SimulatePrincipalPolicyCommand({
        PolicySourceArn: principal,
        ActionNames: [...actions],
        ...(resourceArns.length > 0 && { ResourceArns: [...resourceArns] }),
        ...(marker !== undefined && { Marker: marker }),
      });
      const page = await client.send(command, { abortSignal });
      return { items: page.EvaluationResults, next: page.IsTruncated ? page.Marker : undefined };
    });
  });
}

/**
 * Allowed on one of the resources is allowed: each action means some of them only. What depends on a condition
 * nobody gave is not decided. Source: IAM API reference, EvaluationResult and ResourceSpecificResult.
 */
function answerOf(result: EvaluationResult, onEverything: boolean): PermissionAnswer {
  const specific = result.ResourceSpecificResults ?? [];
  const decisions =
    specific.length > 0 ? specific.map((one) => one.EvalResourceDecision) : [result.EvalDecision];
  if (decisions.includes('allowed')) return { status: 'allowed', how: 'simulation', message: '' };
  const missing = new Set([
    ...(result.MissingContextValues ?? []),
    ...specific.flatMap((one) => one.MissingContextValues ?? []),
  ]);
  if (missing.size > 0 && !decisions.includes('explicitDeny')) {
    const message = `a policy decides by ${[...missing].join(', ')}, which a simulation does not know`;
    return { status: 'notTested', how: 'none', message };
  }
  return { status: 'denied', how: 'simulation', message: denialOf(result, onEverything) };
}

function denialOf(result: EvaluationResult, onEverything: boolean): string {
  if (result.OrganizationsDecisionDetail?.AllowedByOrganizations === false) {
    return 'a service control policy of the organization does not allow it';
  }
  if (result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false) {
    return 'the permissions boundary does not allow it';
  }
  if (result.EvalDecision === 'explicitDeny') return 'a policy denies it';
  return onEverything
    ? 'no policy allows it on every resource (*); where the policy names resources, give them as resourceArns'
    : 'no policy allows it on any of resourceArns';
}

function whyNot(error: ProviderError, principal: string): string {
  if (lacksAction(error)) return 'needs iam:SimulatePrincipalPolicy, which is denied';
  if (error.kind === 'NotFound')
    return `IAM knows no ${principal}; a role with a path must be given by roleArn`;
  return `IAM could not be asked: ${error.message}`;
}
