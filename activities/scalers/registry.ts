import type { Logger } from 'pino';
import type { VendorConnection } from '../../domain/connection.ts';
import type { Scaler } from '../../domain/scaler.ts';
import type { Guarded } from '../calls/call-guard.ts';
import type { ReadCache } from '../calls/read-cache.ts';

/** What every scaler is made with besides its connection. */
export interface ScalerOptions extends Guarded {
  /** Service milliseconds per wall millisecond; 1 outside of the sandbox. */
  readonly timeScale: number;
  readonly log: Logger;
  /** For frequent reads that change seldom; never for `read`, `progress` or what guards a write. */
  readonly cache: ReadCache;
}

/** Makes a scaler; calls nobody. */
export type ScalerFactory = (connection: VendorConnection, options: ScalerOptions) => Scaler;

/** A scaler by its service's id; loading it loads its file, and an SDK no earlier than that. */
export interface ScalerEntry {
  readonly id: string;
  readonly load: () => Promise<ScalerFactory>;
}

/** Every scaler, sorted by id. One line each; the drift test compares it with the files and with services.ts. */
export const scalerRegistry: readonly ScalerEntry[] = [
  { id: 'aws.asg', load: async () => (await import('./aws/asg.ts')).createAsgScaler },
  { id: 'aws.ecs', load: async () => (await import('./aws/ecs.ts')).createEcsScaler },
  { id: 'aws.eks', load: async () => (await import('./aws/eks.ts')).createEksScaler },
  {
    id: 'aws.elasticache',
    load: async () => (await import('./aws/elasticache.ts')).createElastiCacheScaler,
  },
  { id: 'aws.lambda', load: async () => (await import('./aws/lambda.ts')).createLambdaScaler },
  { id: 'aws.rds', load: async () => (await import('./aws/rds.ts')).createRdsScaler },
  { id: 'azure.aks', load: async () => (await import('./azure/aks.ts')).createAksScaler },
  { id: 'gcp.mig', load: async () => (await import('./gcp/mig.ts')).createMigScaler },
  {
    id: 'kubernetes.deployment',
    load: async () => (await import('./kubernetes/deployment.ts')).createDeploymentScaler,
  },
  { id: 'kubernetes.hpa', load: async () => (await import('./kubernetes/hpa.ts')).createHpaScaler },
];
