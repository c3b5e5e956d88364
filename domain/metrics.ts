/** A metric as every monitoring platform and `/metrics` know it. */
export interface Metric {
  readonly name: string;
  readonly kind: 'gauge' | 'count';
  readonly unit: string;
  readonly description: string;
  /** What all tags together come to: load adds up, of peaks and percentiles the highest counts. */
  readonly acrossTags: 'sum' | 'max' | 'avg';
}

/** The ten metrics, sorted; users and dashboards know the names. */
export const METRICS = [
  {
    name: 'wedsync.scalability.cost.hourly',
    kind: 'gauge',
    unit: 'USD per hour',
    description: 'What the floors in force cost',
    acrossTags: 'sum',
  },
  {
    name: 'wedsync.scalability.instances.current',
    kind: 'gauge',
    unit: 'units',
    description: 'Units that serve, by the last vendor read',
    acrossTags: 'sum',
  },
  {
    name: 'wedsync.scalability.instances.target',
    kind: 'gauge',
    unit: 'units',
    description: 'Units guaranteed: the highest of what was there before and every live claim',
    acrossTags: 'sum',
  },
  {
    name: 'wedsync.scalability.queue_depth.current',
    kind: 'gauge',
    unit: 'messages',
    description: 'Work waiting, as reported by the platform',
    acrossTags: 'sum',
  },
  {
    name: 'wedsync.scalability.response_time.p95',
    kind: 'gauge',
    unit: 'milliseconds',
    description: '95th percentile of response times, as reported by the platform',
    acrossTags: 'max',
  },
  {
    name: 'wedsync.scalability.scaling_events.count',
    kind: 'count',
    unit: 'events',
    description: 'Writes that vendors accepted from us',
    acrossTags: 'sum',
  },
  {
    name: 'wedsync.scalability.wedding_load.prediction',
    kind: 'gauge',
    unit: 'users',
    description: 'Concurrent users at the peak of the plan in force',
    acrossTags: 'max',
  },
  {
    name: 'wedsync.wedding.concurrent_users',
    kind: 'gauge',
    unit: 'users',
    description: 'Users now, as reported by the platform',
    acrossTags: 'sum',
  },
  {
    name: 'wedsync.wedding.couple_engagement_rate',
    kind: 'gauge',
    unit: 'ratio',
    description: 'Share of couples active now, as reported by the platform',
    acrossTags: 'avg',
  },
  {
    name: 'wedsync.wedding.vendor_uploads_per_second',
    kind: 'gauge',
    unit: 'uploads per second',
    description: 'Uploads of wedding vendors, as reported by the platform',
    acrossTags: 'sum',
  },
] as const satisfies readonly Metric[];
