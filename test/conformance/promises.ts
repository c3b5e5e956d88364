import type { ProviderId } from '../../domain/providers.ts';
import type { Lever, ServiceDescriptor } from '../../domain/service-descriptor.ts';

/** One cell of the table: a row, and who stands against it. */
export interface Cell {
  readonly row: string;
  readonly counterpart: string;
}

/** Something a counterpart does not have, so that nothing of it is asked. */
export interface NotOffered {
  readonly counterpart: string;
  /** What of it, as people know it. */
  readonly what: string;
}

/** What is promised, and by whom it is shown. */
export interface Promises {
  /** The vendor's own clients, each of which understands the sandbox; promised of every lever of a provider. */
  readonly clients: Readonly<Record<ProviderId, readonly string[]>>;
  /** Servers and descriptions of others that every lever of a service is shown against, by the service's id. */
  readonly standIns: Readonly<Record<string, readonly string[]>>;
}

/** Promised of every release; a service that is added needs its line. */
export const PROMISES: Promises = {
  clients: {
    aws: ['boto3', 'aws-cli'],
    gcp: ['google-api-python-client'],
    azure: [],
    kubernetes: ['kubectl'],
  },
  standIns: {
    'aws.asg': ['moto'],
    'aws.ecs': ['moto'],
    'aws.eks': ['moto'],
    'aws.elasticache': ['ministack'],
    'aws.lambda': ['ministack'],
    'aws.rds': ['moto'],
    'azure.aks': ['oav'],
    'gcp.mig': ['Google discovery'],
    'kubernetes.deployment': ['kube-apiserver'],
    'kubernetes.hpa': ['kube-apiserver'],
  },
};

/** Row of a lever: the service's id, and where it has several, the lever's as well. */
export function rowOf({ id, levers }: Pick<ServiceDescriptor, 'id' | 'levers'>, lever: string): string {
  return levers.length === 1 ? id : `${id} ${lever}`;
}

/** Every cell that must have a check, by services and then by counterparts. */
export function promisedCells(services: readonly ServiceDescriptor[], promises: Promises): readonly Cell[] {
  return services.flatMap((service) => {
    const standIns = Object.hasOwn(promises.standIns, service.id) ? promises.standIns[service.id] : undefined;
    const counterparts = [...(standIns ?? []), ...promises.clients[service.provider]];
    return service.levers.flatMap((lever: Lever) =>
      counterparts.map((counterpart) => ({ row: rowOf(service, lever.id), counterpart })),
    );
  });
}

/** Rows that a counterpart is promised for. */
export function rowsOf(counterpart: string, cells: readonly Cell[]): readonly string[] {
  return cells.filter((cell) => cell.counterpart === counterpart).map(({ row }) => row);
}

/** What is wrong with the promises themselves, in words; empty where registry and promises agree. */
export function promiseFaults(
  services: readonly ServiceDescriptor[],
  promises: Promises,
  counterparts: readonly string[],
): readonly string[] {
  const ids = services.map(({ id }) => id);
  const without = ids.filter((id) => (promises.standIns[id] ?? []).length === 0);
  const stale = Object.keys(promises.standIns).filter((id) => !ids.includes(id));
  const named = [...Object.values(promises.standIns), ...Object.values(promises.clients)].flat();
  const unknown = [...new Set(named)].filter((name) => !counterparts.includes(name));
  return [
    ...without.map((id) => `${id} is promised against nothing; add its line to test/conformance/promises.ts`),
    ...stale.map((id) => `${id} is promised and in no registry`),
    ...unknown.map((name) => `${name} is promised and no counterpart`),
  ];
}
