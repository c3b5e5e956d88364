import { type Lever, leverOf, type ServiceDescriptor } from './service-descriptor.ts';
import { AWS_SERVICES } from './services/aws.ts';
import { AZURE_SERVICES } from './services/azure.ts';
import { GCP_SERVICES } from './services/gcp.ts';
import { KUBERNETES_SERVICES } from './services/kubernetes.ts';

/** Every scalable service, sorted by id. The drift test compares it with the scalers' files. */
export const SERVICES: readonly ServiceDescriptor[] = [
  ...AWS_SERVICES,
  ...AZURE_SERVICES,
  ...GCP_SERVICES,
  ...KUBERNETES_SERVICES,
];

/** Finds a service's descriptor, or undefined for an id no release knows. */
export function serviceDescriptor(id: string): ServiceDescriptor | undefined {
  return SERVICES.find((service) => service.id === id);
}

/** The lever a target moves, or undefined for a service or a lever no release knows. */
export function leverOfTarget(target: {
  readonly service: string;
  readonly lever?: string | undefined;
}): Lever | undefined {
  const service = serviceDescriptor(target.service);
  return service && leverOf(service, target);
}

/** Names one resource and lever: two targets of the same name would undo each other. */
export function resourceOf(target: {
  readonly service: string;
  readonly region: string;
  readonly reference: Readonly<Record<string, string>>;
  readonly lever?: string | undefined;
}): string {
  const { service, region, reference } = target;
  const names = Object.entries(reference).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([service, region, names, leverOfTarget(target)?.id]);
}
