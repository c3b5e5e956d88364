import {
  ApplicationAutoScalingClient,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { AutoScalingClient, UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { EKSClient, UpdateNodegroupConfigCommand } from '@aws-sdk/client-eks';
import { ElastiCacheClient, IncreaseReplicaCountCommand } from '@aws-sdk/client-elasticache';
import { LambdaClient, PutProvisionedConcurrencyConfigCommand } from '@aws-sdk/client-lambda';
import { CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import type { ScalingTarget } from '../domain/fleet.ts';

/** One write of a target to the most it may have. */
type Write = (target: ScalingTarget) => Promise<unknown>;

/**
 * What somebody without a service for it writes: every target's one call at once, by the AWS SDK with its own
 * defaults (three attempts with backoff), nothing read before and nothing waited for after.
 * @returns how many writes never got through.
 */
export async function plainScript(endpoint: string, targets: readonly ScalingTarget[]): Promise<number> {
  const writes = new Map<string, Readonly<Record<string, Write>>>();
  for (const { region } of targets) if (!writes.has(region)) writes.set(region, writesIn(endpoint, region));
  const outcomes = await Promise.allSettled(
    targets.map(async (target) => {
      const kind = target.autoscaled ? 'autoscaled' : target.service;
      const write = writes.get(target.region)?.[kind];
      if (!write) throw new Error(`the script has no write for ${target.service}`);
      return write(target);
    }),
  );
  return outcomes.filter(({ status }) => status === 'rejected').length;
}

function writesIn(endpoint: string, region: string): Readonly<Record<string, Write>> {
  const options = { endpoint, region, credentials: { accessKeyId: 'SCRIPT', secretAccessKey: 'sandbox' } };
  const scalable = new ApplicationAutoScalingClient(options);
  const groups = new AutoScalingClient(options);
  const ecs = new ECSClient(options);
  const eks = new EKSClient(options);
  const cache = new ElastiCacheClient(options);
  const lambda = new LambdaClient(options);
  const rds = new RDSClient(options);
  return {
    autoscaled: ({ reference: { cluster, service }, maximumUnits }) =>
      scalable.send(
        new RegisterScalableTargetCommand({
          ServiceNamespace: 'ecs',
          ScalableDimension: 'ecs:service:DesiredCount',
          ResourceId: `service/${cluster}/${service}`,
          MinCapacity: maximumUnits,
          MaxCapacity: maximumUnits,
        }),
      ),
    'aws.asg': ({ reference, maximumUnits }) =>
      groups.send(
        new UpdateAutoScalingGroupCommand({
          AutoScalingGroupName: reference.group,
          MinSize: maximumUnits,
          MaxSize: maximumUnits,
          DesiredCapacity: maximumUnits,
        }),
      ),
    'aws.ecs': ({ reference: { cluster, service }, maximumUnits: desiredCount }) =>
      ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount })),
    'aws.eks': ({ reference: { cluster, nodegroup }, maximumUnits: size }) =>
      eks.send(
        new UpdateNodegroupConfigCommand({
          clusterName: cluster,
          nodegroupName: nodegroup,
          scalingConfig: { minSize: size, maxSize: size, desiredSize: size },
        }),
      ),
    'aws.elasticache': ({ reference, maximumUnits }) =>
      cache.send(
        new IncreaseReplicaCountCommand({
          ReplicationGroupId: reference.replicationGroup,
          NewReplicaCount: maximumUnits,
          ApplyImmediately: true,
        }),
      ),
    'aws.lambda': ({ reference, maximumUnits }) =>
      lambda.send(
        new PutProvisionedConcurrencyConfigCommand({
          FunctionName: reference.function,
          Qualifier: reference.qualifier,
          ProvisionedConcurrentExecutions: maximumUnits,
        }),
      ),
    'aws.rds': ({ reference: { cluster } }) =>
      rds.send(
        new CreateDBInstanceCommand({
          DBInstanceIdentifier: `${cluster}-more`,
          DBClusterIdentifier: cluster,
          DBInstanceClass: 'db.r6g.large',
          Engine: 'aurora-postgresql',
        }),
      ),
  };
}
