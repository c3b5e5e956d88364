import type { Permission, ServiceDescriptor } from '../service-descriptor.ts';

const read = (...names: readonly string[]): readonly Permission[] =>
  names.map((name) => ({ name, verb: 'read' }));
const write = (...names: readonly string[]): readonly Permission[] =>
  names.map((name) => ({ name, verb: 'write' }));

const APP_AUTO_SCALING = [
  ...read('application-autoscaling:DescribeScalableTargets'),
  ...write('application-autoscaling:RegisterScalableTarget'),
] as const;

/** What Terraform calls a scalable target of Application Auto Scaling. */
const SCALABLE_TARGET = {
  resource: 'aws_appautoscaling_target',
  ignoreChanges: ['min_capacity', 'max_capacity'],
  when: 'autoscaled',
} as const;

/** Services of AWS, sorted by id. */
export const AWS_SERVICES: readonly ServiceDescriptor[] = [
  {
    id: 'aws.ecs',
    provider: 'aws',
    title: 'Amazon ECS service',
    protection: 'read-back',
    permissions: [...APP_AUTO_SCALING, ...read('ecs:DescribeServices'), ...write('ecs:UpdateService')],
    levers: [
      {
        id: 'tasks',
        unitName: 'task',
        referenceFields: ['cluster', 'service'],
        kinds: ['range', 'count'],
        autoscaled: 'either',
        reversibility: 'reversible',
        interrupts: false,
        spot: false,
        vendorMaximumUnits: { units: 5_000, source: 'ECS quota "Tasks per service", default 5,000' },
        provisioningMinutes: { typical: 2, p95: 5, source: 'assumed' },
        ownedSettings: {
          terraform: [
            SCALABLE_TARGET,
            { resource: 'aws_ecs_service', ignoreChanges: ['desired_count'], when: 'always' },
          ],
          argoCd: [],
        },
      },
    ],
    quotas: [],
  },
];
