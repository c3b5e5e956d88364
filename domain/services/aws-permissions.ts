import type { Permission } from '../service-descriptor.ts';

/** Permissions that are only read with. */
export const read = (...names: readonly string[]): readonly Permission[] =>
  names.map((name) => ({ name, verb: 'read' }));

/** Permissions that something is changed with. */
export const write = (...names: readonly string[]): readonly Permission[] =>
  names.map((name) => ({ name, verb: 'write' }));

/** What every service needs whose count Application Auto Scaling may own. */
export const APP_AUTO_SCALING = [
  ...read('application-autoscaling:DescribeScalableTargets'),
  ...write('application-autoscaling:RegisterScalableTarget'),
] as const;

/** What reading limits from Service Quotas takes. */
export const SERVICE_QUOTAS = read(
  'servicequotas:GetAWSDefaultServiceQuota',
  'servicequotas:GetServiceQuota',
);

/** What reading the vCPU quotas of EC2 takes, for a service whose units are machines. */
export const VCPU_QUOTAS = [
  ...read('ec2:DescribeInstanceTypes', 'ec2:DescribeInstances', 'ec2:DescribeLaunchTemplateVersions'),
  ...SERVICE_QUOTAS,
] as const;
