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
