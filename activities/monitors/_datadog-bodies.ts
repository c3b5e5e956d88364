import type * as Datadog from '@datadog/datadog-api-client';
import type { DashboardSpec, DashboardWidget } from '../../domain/dashboard.ts';
import { ProviderError } from '../../domain/errors.ts';
import { METRICS } from '../../domain/metrics.ts';
import type { AlertSpec, MetricPoint } from '../../domain/monitor.ts';

/** Mark on everything we make: as a tag on alert rules, in the description of dashboards, which take no such tag. */
export const MARK = 'managed_by:wedscale';

/** Windows a query alert knows, in minutes. Source: Datadog, "Create a monitor", `time_window`. */
const WINDOWS_MINUTES = [1, 5, 10, 15, 30, 60, 120, 240, 1440] as const;

/** Priority 1 is the highest, 5 the lowest. */
const PRIORITY = { critical: 1, warning: 3, info: 5 } as const;

/** Characters of a tag. Source: Datadog, "Getting started with tags". */
const TAG_LENGTH = 200;

const OWNER_TAG = 'wedscale_owner:';

/** One point as a series of its own. */
export function seriesOf({ metric, value, atMs, kind, tags }: MetricPoint): Datadog.v2.MetricSeries {
  // 1 is a count, 3 a gauge (MetricIntakeType).
  const type = kind === 'count' ? 1 : 3;
  const points = [{ timestamp: Math.floor(atMs / 1000), value }];
  return { metric, type, points, tags: [...tags], ...(kind === 'count' && { interval: 60 }) };
}

/** The whole of a dashboard, for a POST or a PUT. */
export function dashboardBody({ title, description, widgets }: DashboardSpec): Datadog.v1.Dashboard {
  return {
    title,
    description: `${description}\n${MARK}`,
    layoutType: 'ordered',
    widgets: widgets.map((widget) => ({ definition: widgetBody(widget) })),
  };
}

function widgetBody({ title, kind, series }: DashboardWidget): Datadog.v1.WidgetDefinition {
  const queries = series.map(({ metric, aggregation, by }) => {
    return `${aggregation}:${metric}{*}${by.length > 0 ? ` by {${by.join(',')}}` : ''}`;
  });
  const [first, ...more] = queries;
  if (first === undefined || (kind !== 'timeSeries' && more.length > 0)) {
    throw new ProviderError(
      'InvalidTarget',
      `Widget ${title} cannot show ${series.length} series as ${kind}.`,
    );
  }
  switch (kind) {
    case 'timeSeries': {
      const requests = queries.map((q) => ({ q, displayType: 'line' as const }));
      return { type: 'timeseries', title, requests } satisfies Datadog.v1.TimeseriesWidgetDefinition;
    }
    case 'heatMap': {
      const requests: [Datadog.v1.HeatMapWidgetRequest] = [{ q: first }];
      return { type: 'heatmap', title, requests } satisfies Datadog.v1.HeatMapWidgetDefinition;
    }
    case 'singleValue': {
      const requests: [Datadog.v1.QueryValueWidgetRequest] = [{ q: first, aggregator: 'last' }];
      return {
        type: 'query_value',
        title,
        requests,
        precision: 0,
      } satisfies Datadog.v1.QueryValueWidgetDefinition;
    }
  }
}

/** The whole of an alert rule, for a POST or a PUT; `owner` is of {@link ownerTagOf}. */
export function alertBody(spec: AlertSpec, owner: string): Datadog.v1.Monitor {
  const { name, metric, comparison, threshold, forMinutes, severity, escalation, tags } = spec;
  const steps = escalation.map((handle, index) => `${index + 1}. ${handle}`);
  const what = `${severity}: ${metric} ${comparison} ${threshold} for ${forMinutes} min.`;
  return {
    name,
    type: 'query alert',
    query: queryOf(spec),
    message: [what, ...(steps.length > 0 ? ['Escalation, first to last:', ...steps] : [])].join('\n'),
    priority: PRIORITY[severity],
    tags: [...new Set([...tags, MARK, owner])],
    options: { thresholds: { critical: threshold }, includeTags: true },
  };
}

/**
 * A level holds for the whole window when its least value is above, or its greatest below. Events are counted
 * over the window instead. A window between two that Datadog knows becomes the longer one.
 */
function queryOf({ metric, comparison, threshold, forMinutes }: AlertSpec): string {
  const { kind, acrossTags } = METRICS.find(({ name }) => name === metric) ?? {
    kind: 'gauge',
    acrossTags: 'avg',
  };
  const window = windowOf(forMinutes);
  const sign = comparison === 'above' ? '>' : '<';
  if (kind === 'count') return `sum(last_${window}):sum:${metric}{*}.as_count() ${sign} ${threshold}`;
  const overTime = comparison === 'above' ? 'min' : 'max';
  return `${overTime}(last_${window}):${acrossTags}:${metric}{*} ${sign} ${threshold}`;
}

function windowOf(forMinutes: number): string {
  const minutes = WINDOWS_MINUTES.find((window) => window >= forMinutes) ?? 1440;
  if (minutes === 1440) return '1d';
  return minutes >= 60 ? `${minutes / 60}h` : `${minutes}m`;
}

/** A tag as Datadog keeps it; of a name that is too long the end stays, which is where names differ. */
export function ownerTagOf(owner: string): string {
  const name = owner.toLowerCase().replaceAll(/[^a-z0-9:./-]+/g, '_');
  return `${OWNER_TAG}${name.slice(-(TAG_LENGTH - OWNER_TAG.length)).replace(/_+$/, '')}`;
}
