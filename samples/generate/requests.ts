/** What both ask for alike. */
const settings = {
  performanceTargets: { utilizationPercent: 70 },
  performanceRequirements: { maximumProviderSharePercent: 60 },
  costConstraints: { maximumHourlyUsd: 2_000, maximumSeasonUsd: 1_500_000 },
  traffic: { stepPercent: 34, dwellSeconds: 30 },
  monitoringStrategy: { platforms: ['datadog'], dashboard: true },
  alertingRules: [
    {
      name: 'Wedding queue too long',
      metric: 'wedsync.scalability.queue_depth.current',
      comparison: 'above',
      threshold: 1_000,
      forMinutes: 5,
      severity: 'critical',
      escalation: ['@pagerduty-weddings', '@slack-weddings-oncall'],
    },
    {
      name: 'Wedding pages slow',
      metric: 'wedsync.scalability.response_time.p95',
      comparison: 'above',
      threshold: 800,
      forMinutes: 10,
      severity: 'warning',
      escalation: ['@slack-weddings-oncall'],
    },
    {
      name: 'Fewer instances than planned',
      metric: 'wedsync.scalability.instances.current',
      comparison: 'below',
      threshold: 100,
      forMinutes: 5,
      severity: 'critical',
      escalation: ['@pagerduty-weddings', '@head-of-platform'],
    },
  ],
  release: { maximumLoadPercent: 60, dwellMinutes: 5, askAfterMinutes: 120 },
  additionalLeadMinutes: 120,
};

/** Body of the sample season over the given markets. */
export const seasonRequest = (marketIds: readonly string[]) => ({
  season: {
    id: 'sample-season',
    name: 'Sample season over four providers',
    startsAt: 'now+1h',
    endsAt: 'now+28d',
    timeZone: 'Europe/London',
    markets: marketIds,
    stepDays: 14,
  },
  ...settings,
});

/** Body of the sample wedding day. */
export const weddingDayRequest = {
  weddingDay: {
    id: 'sample-day',
    date: 'W+1 Sat',
    timeZone: 'Europe/London',
    markets: ['gb'],
    bufferMinutes: 60,
  },
  ...settings,
  // The day is days away; its capacity is asked for now, so that the sample shows something at once.
  additionalLeadMinutes: 20_160,
};
