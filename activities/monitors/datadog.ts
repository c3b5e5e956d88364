import { ProviderError } from '../../domain/errors.ts';
import type { Monitor, MonitorObject } from '../../domain/monitor.ts';
import { alertBody, dashboardBody, MARK, ownerTagOf, seriesOf } from './_datadog-bodies.ts';
import { createDatadogCall } from './_datadog-client.ts';
import type { MonitorOptions } from './registry.ts';

/** Series of one submission. Source: Datadog, "Submit metrics": 5 MB uncompressed, 512 KB compressed. */
const SERIES_PER_CALL = 1_000;

/**
 * Datadog through its official client, which is loaded at the first call; its own retries are off. Mode
 * `sandbox`: the given endpoint and stand-in keys, nothing of `DD_*`. Mode `real`: the keys given, and of
 * `DD_*` only the account's site, `DD_SITE`, where no endpoint is given.
 */
export function createDatadogMonitor(options: MonitorOptions): Monitor {
  const call = createDatadogCall(options);
  const ownDashboards = (signal: AbortSignal) =>
    call('dashboards', signal, async ({ v1, configuration, webUrl }) => {
      const own: MonitorObject[] = [];
      for await (const found of new v1.DashboardsApi(configuration).listDashboardsWithPagination()) {
        if (found.description?.includes(MARK)) own.push(dashboardObject(found, webUrl));
      }
      return own;
    });
  const ownAlerts = (signal: AbortSignal) =>
    call('monitors', signal, async ({ v1, configuration, webUrl }) => {
      const monitors = await new v1.MonitorsApi(configuration).listMonitors({ monitorTags: MARK });
      const own = monitors.filter((monitor) => monitor.tags?.includes(MARK));
      return own.map((monitor) => ({ ...alertObject(monitor, webUrl), tags: monitor.tags ?? [] }));
    });
  return {
    async publish(points, signal) {
      for (let start = 0; start < points.length; start += SERIES_PER_CALL) {
        const series = points.slice(start, start + SERIES_PER_CALL).map(seriesOf);
        await call('metrics', signal, ({ v2, configuration }) =>
          new v2.MetricsApi(configuration).submitMetrics({ body: { series } }),
        );
      }
    },
    async putDashboard(spec, signal) {
      const known = (await ownDashboards(signal)).find((dashboard) => dashboard.title === spec.title);
      return call(`dashboard ${spec.title}`, signal, async ({ v1, configuration, webUrl }) => {
        const api = new v1.DashboardsApi(configuration);
        const body = dashboardBody(spec);
        const made = known
          ? await api.updateDashboard({ dashboardId: known.id, body })
          : await api.createDashboard({ body });
        return dashboardObject(made, webUrl);
      });
    },
    removeDashboard: (id, signal) =>
      unlessGone(
        call(`dashboard ${id}`, signal, ({ v1, configuration }) =>
          new v1.DashboardsApi(configuration).deleteDashboard({ dashboardId: id }),
        ),
      ),
    async putAlert(spec, owner, signal) {
      const ownerTag = ownerTagOf(owner);
      const known = (await ownAlerts(signal)).find(({ tags }) => tags.includes(ownerTag));
      return call(`monitor ${spec.name}`, signal, async ({ v1, configuration, webUrl }) => {
        const api = new v1.MonitorsApi(configuration);
        const body = alertBody(spec, ownerTag);
        const made = known
          ? await api.updateMonitor({ monitorId: Number(known.id), body })
          : await api.createMonitor({ body });
        return alertObject(made, webUrl);
      });
    },
    removeAlert: (id, signal) =>
      unlessGone(
        call(`monitor ${id}`, signal, ({ v1, configuration }) =>
          new v1.MonitorsApi(configuration).deleteMonitor({ monitorId: Number(id) }),
        ),
      ),
    async listOwned(signal) {
      const [dashboards, alerts] = await Promise.all([ownDashboards(signal), ownAlerts(signal)]);
      return { dashboards, alerts: alerts.map(({ id, title, url }) => ({ id, title, url })) };
    },
  };
}

function dashboardObject(
  { id, title, url }: { readonly id?: string; readonly title?: string; readonly url?: string },
  webUrl: string,
): MonitorObject {
  if (!id || title === undefined) {
    throw new ProviderError('Transient', 'Datadog gave a dashboard without id or title.');
  }
  return { id, title, url: url === undefined ? null : new URL(url, webUrl).href };
}

function alertObject(
  { id, name }: { readonly id?: number; readonly name?: string },
  webUrl: string,
): MonitorObject {
  if (!id || name === undefined) {
    throw new ProviderError('Transient', 'Datadog gave a monitor without id or name.');
  }
  return { id: String(id), title: name, url: `${webUrl}/monitors/${id}` };
}

/** What is not there need not be removed. */
async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'NotFound') throw error;
  }
}
