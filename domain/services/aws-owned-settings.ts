/** What Terraform calls a scalable target of Application Auto Scaling. */
export const SCALABLE_TARGET = {
  resource: 'aws_appautoscaling_target',
  ignoreChanges: ['min_capacity', 'max_capacity'],
  when: 'autoscaled',
} as const;
