/** One picture of a dashboard, apart from any platform. */
export interface DashboardWidget {
  readonly title: string;
  readonly kind: 'timeSeries' | 'heatMap' | 'singleValue';
  /** Names of metrics.ts, each with how it is summed up over its tags. */
  readonly series: readonly {
    readonly metric: string;
    readonly aggregation: 'sum' | 'avg';
    readonly by: readonly string[];
  }[];
}

/** A dashboard, apart from any platform. */
export interface DashboardSpec {
  readonly title: string;
  readonly description: string;
  readonly widgets: readonly DashboardWidget[];
}

/** The dashboard users know; title and widgets are part of the contract. */
export function infrastructureDashboard(): DashboardSpec {
  const metric = (name: string, by: readonly string[] = []) => ({
    metric: name,
    aggregation: 'sum' as const,
    by,
  });
  return {
    title: 'WedSync Scalability Infrastructure',
    description: 'What weddings need, what stands ready for them and what it costs.',
    widgets: [
      {
        title: 'Current vs Target Instances',
        kind: 'timeSeries',
        series: [
          metric('wedsync.scalability.instances.current'),
          metric('wedsync.scalability.instances.target'),
        ],
      },
      {
        title: 'Scaling Events by Service',
        kind: 'heatMap',
        series: [metric('wedsync.scalability.scaling_events.count', ['service'])],
      },
      {
        title: 'Wedding Load Predictions',
        kind: 'timeSeries',
        series: [metric('wedsync.scalability.wedding_load.prediction', ['wedding_context'])],
      },
      {
        title: 'Current Wedding Count',
        kind: 'singleValue',
        series: [metric('wedsync.wedding.concurrent_users')],
      },
    ],
  };
}
