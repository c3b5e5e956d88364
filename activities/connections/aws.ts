import type { VendorConnection } from '../../domain/connection.ts';
import { ProviderError } from '../../domain/errors.ts';
import { mapped, regionalClients } from '../scalers/aws/_client.ts';
import { createQuotaLimits } from '../scalers/aws/_quotas.ts';
import { actionOf, iamRegion, lacksAction, principalOf, simulated } from './_aws-permissions.ts';
import type { CheckerOptions, ConnectionChecker } from './registry.ts';

/**
 * What AWS says of credentials: who they are (STS), what they may do (IAM's simulation), what the account may have
 * (Service Quotas). Nothing is changed.
 */
export function createAwsChecker(connection: VendorConnection, options: CheckerOptions): ConnectionChecker {
  const { guard, regions, resourceArns, roleArn } = options;
  const access = { connection, guard };
  const iam = regionalClients(access, async (settings) => {
    const { IAMClient } = await import('@aws-sdk/client-iam');
    return new IAMClient(settings);
  });
  const sts = regionalClients(access, async (settings) => {
    const { STSClient } = await import('@aws-sdk/client-sts');
    return new STSClient(settings);
  });
  return {
    identity: (abortSignal) =>
      mapped('STS', async () => {
        const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
        const client = await sts(regions[0] ?? 'us-east-1');
        const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}), { abortSignal });
        if (Account && Arn) return { account: Account, arn: Arn };
        throw new ProviderError('Transient', 'STS gave an identity without account or ARN.');
      }),
    permissions: async (names, identity, signal) => {
      const principal = principalOf(identity, roleArn);
      const notTested = (some: readonly string[], message: string) =>
        some.map((name) => [name, { status: 'notTested', how: 'none', message }] as const);
      if ('none' in principal) return new Map(notTested(names, principal.none));
      // A name without a service prefix is a right inside of a cluster, which IAM knows nothing of.
      const [ofIam, others] = [names.filter(isAction), names.filter((name) => !isAction(name))];
      const client = await iam(iamRegion(identity));
      const answers = await simulated(client, principal.arn, ofIam, resourceArns, signal);
      return new Map([
        ...answers,
        ...notTested(others, 'it is no action of IAM; a read of the service shows it'),
      ]);
    },
    quota: createQuotaLimits(access),
    permissionOf: actionOf,
    lacksPermission: lacksAction,
  };
}

function isAction(name: string): boolean {
  return name.includes(':');
}
