import type { DashboardSpec } from './dashboard.ts';
import type { AlertRule } from './season.ts';

/** One value of a metric at one moment. */
export interface MetricPoint {
  /** A name of metrics.ts. */
  readonly metric: string;
  readonly value: number;
  /** Wall time, milliseconds since the epoch. */
  readonly atMs: number;
  readonly kind: 'gauge' | 'count';
  /** `name:value`, e.g. `service:aws.ecs`. */
  readonly tags: readonly string[];
}

/** An alert rule with the tags it carries on the platform. */
export interface AlertSpec extends AlertRule {
  readonly tags: readonly string[];
}

/** Something of ours on a monitoring platform. */
export interface MonitorObject {
  /** The platform's own id. */
  readonly id: string;
  readonly title: string;
  /** Where a person sees it; null where the platform does not say. */
  readonly url: string | null;
}

/**
 * A monitoring platform. Every method is idempotent, never retries and throws only ProviderError. Objects carry
 * a mark of ours, so that nothing a person made is ever found, changed or removed.
 */
export interface Monitor {
  /** Submits values; the same point may be submitted again. After an error, some may have arrived. */
  publish(points: readonly MetricPoint[], signal: AbortSignal): Promise<void>;
  /** Makes the dashboard, or brings the one of ours with this title up to date. */
  putDashboard(spec: DashboardSpec, signal: AbortSignal): Promise<MonitorObject>;
  /** No such dashboard is success. */
  removeDashboard(id: string, signal: AbortSignal): Promise<void>;
  /** Makes the alert rule, or brings the one made under the same `ownerTag` up to date. */
  putAlert(spec: AlertSpec, ownerTag: string, signal: AbortSignal): Promise<MonitorObject>;
  /** No such rule is success. */
  removeAlert(id: string, signal: AbortSignal): Promise<void>;
  /** Everything that carries our mark. */
  listOwned(signal: AbortSignal): Promise<{
    readonly dashboards: readonly MonitorObject[];
    readonly alerts: readonly MonitorObject[];
  }>;
}
