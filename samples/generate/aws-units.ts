import type { CellSample } from './cells.ts';
import type { UnitSample } from './units.ts';

/** Price of a spot instance over that of another; invented. */
const SPOT_PRICE = 0.35;
/** Share of the instances that may be interrupted: a viewer's player asks again elsewhere. */
const SPOT_PERCENT = 60;

/**
 * What carries a workload at AWS. Streams run on instances: an Auto Scaling group with a spot share in Europe and
 * America, nodes of EKS in Asia. The gallery's database has Aurora readers there and Serverless v2 here.
 */
export function awsUnit({ area }: CellSample, workload: string): UnitSample {
  const inAsia = area === 'in' || area === 'jp';
  switch (workload) {
    case 'gallery-queries':
      return inAsia ? serverlessDatabase : databaseReader;
    case 'sessions':
      return cacheReplica;
    case 'live-stream':
      return inAsia ? streamingNode : streamingInstance;
    case 'thumbnails':
      return executionEnvironment;
    default:
      // Both kinds of count, so that both can be seen: of the autoscaler, and set by nobody else.
      return {
        service: 'aws.ecs',
        reference: { cluster: 'weddings', service: workload },
        autoscaled: workload === 'api',
      };
  }
}

/** An Aurora reader of 16 vCPU and 128 GiB. */
const databaseReader: UnitSample = {
  service: 'aws.rds',
  lever: 'readers',
  reference: { cluster: 'wedding-gallery' },
  autoscaled: true,
  machines: 8,
};

/** A capacity unit is about 2 GiB of memory. */
const serverlessDatabase: UnitSample = {
  service: 'aws.rds',
  lever: 'serverless-capacity',
  reference: { cluster: 'wedding-gallery' },
  autoscaled: true,
  machines: 0.25,
};

/** A node of 4 vCPU and 26 GiB. */
const cacheReplica: UnitSample = {
  service: 'aws.elasticache',
  lever: 'replicas',
  reference: { replicationGroup: 'wedding-sessions' },
  autoscaled: false,
  machines: 2,
};

const streamingInstance: UnitSample = {
  service: 'aws.asg',
  reference: { group: 'wedding-live-stream' },
  autoscaled: false,
  spot: { percent: SPOT_PERCENT, price: SPOT_PRICE },
};

const streamingNode: UnitSample = {
  service: 'aws.eks',
  reference: { cluster: 'weddings', nodegroup: 'live-stream' },
  autoscaled: true,
};

/** An execution environment of 2 GiB. */
const executionEnvironment: UnitSample = {
  service: 'aws.lambda',
  reference: { function: 'wedding-thumbnails', qualifier: 'live' },
  autoscaled: true,
  machines: 0.4,
};
