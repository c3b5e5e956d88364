import { Counter, Gauge, type Registry } from 'prom-client';
import { METRICS } from '../../domain/metrics.ts';
import { collectMetricPoints } from '../../store/metric-points.ts';
import { type ApiDeps, serviceNowMs } from '../dependencies.ts';

/** Scrapes that come closer together than this share one reading of the store, in milliseconds. */
const READING_KEPT_MS = 2_000;

/**
 * The ten metrics as Prometheus has them: dots become underscores, tags labels, counts end in `_total`. The
 * same figures as on every monitoring platform; a metric without a source shows no sample.
 */
export function addRunMetrics(deps: Pick<ApiDeps, 'db' | 'clock' | 'metrics'>): void {
  const read = sharedReading(deps);
  for (const { name, kind, description, unit } of METRICS) {
    const counts = kind === 'count';
    const promName = prometheusName(name) + (counts ? '_total' : '');
    if (deps.metrics.getSingleMetric(promName)) continue;
    const options = {
      name: promName,
      help: `${description} (${unit})`,
      labelNames: ['service', 'region', 'wedding_context'] as const,
      registers: [deps.metrics as Registry],
    };
    const set = (metric: Gauge | Counter, add: (labels: Record<string, string>, value: number) => void) =>
      read().then(({ points }) => {
        metric.reset();
        for (const point of points) if (point.metric === name) add(labelsOf(point.tags), point.value);
      });
    if (counts) {
      new Counter({
        ...options,
        collect() {
          return set(this as unknown as Counter, (labels, value) => this.inc(labels as never, value));
        },
      });
    } else {
      new Gauge({
        ...options,
        collect() {
          return set(this as unknown as Gauge, (labels, value) => this.set(labels as never, value));
        },
      });
    }
  }
}

/** `wedsync.scalability.cost.hourly` as `wedsync_scalability_cost_hourly`. */
export function prometheusName(name: string): string {
  return name.replaceAll('.', '_');
}

function labelsOf(tags: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    tags.map((tag) => [tag.slice(0, tag.indexOf(':')), tag.slice(tag.indexOf(':') + 1)]),
  );
}

function sharedReading(deps: Pick<ApiDeps, 'db' | 'clock'>) {
  let reading: ReturnType<typeof collectMetricPoints> | null = null;
  let readAtMs = 0;
  return () => {
    if (!reading || Date.now() - readAtMs > READING_KEPT_MS) {
      readAtMs = Date.now();
      reading = collectMetricPoints(deps.db, { nowServiceMs: serviceNowMs(deps) });
      // A failed reading must not be served again.
      reading.catch(() => {
        reading = null;
      });
    }
    return reading;
  };
}
