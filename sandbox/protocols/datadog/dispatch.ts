import type { IncomingMessage } from 'node:http';
import type { Core, SandboxResponse } from '../../core.ts';
import type { Protocol } from '../../http.ts';
import type { CallContext } from '../../world.ts';
import { type Account, createAccount, type DatadogRequest } from './account.ts';
import { ANSWERS, errors, json } from './answers.ts';
import {
  createDashboard,
  deleteDashboard,
  getDashboard,
  listDashboards,
  updateDashboard,
} from './dashboards.ts';
import { createMonitor, deleteMonitor, getMonitor, listMonitors, updateMonitor } from './monitors.ts';
import { payloadOf } from './payload.ts';
import { submitMetrics } from './series.ts';

/** An operation by the name Datadog's own API description gives it. */
interface Operation {
  readonly name: string;
  /** Takes the API key alone; the others need the application key as well. */
  readonly apiKeyOnly?: true;
  readonly run: (request: DatadogRequest) => SandboxResponse;
}

/** `METHOD path`, `:id` standing for one part. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'DELETE v1/dashboard/:id': { name: 'DeleteDashboard', run: deleteDashboard },
  'DELETE v1/monitor/:id': { name: 'DeleteMonitor', run: deleteMonitor },
  'GET v1/dashboard': { name: 'ListDashboards', run: listDashboards },
  'GET v1/dashboard/:id': { name: 'GetDashboard', run: getDashboard },
  'GET v1/monitor': { name: 'ListMonitors', run: listMonitors },
  'GET v1/monitor/:id': { name: 'GetMonitor', run: getMonitor },
  'GET v1/validate': { name: 'Validate', apiKeyOnly: true, run: () => json(200, { valid: true }) },
  'POST v1/dashboard': { name: 'CreateDashboard', run: createDashboard },
  'POST v1/monitor': { name: 'CreateMonitor', run: createMonitor },
  'POST v2/series': { name: 'SubmitMetrics', apiKeyOnly: true, run: submitMetrics },
  'PUT v1/dashboard/:id': { name: 'UpdateDashboard', run: updateDashboard },
  'PUT v1/monitor/:id': { name: 'UpdateMonitor', run: updateMonitor },
};

/** Datadog's API as far as dashboards, monitors and metrics need it. The caller is the API key. */
export function createDatadogProtocol(core: Core): Protocol {
  const account = createAccount(core);
  return async (incoming, body) => {
    const method = incoming.method ?? 'GET';
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://sandbox');
    const [, api = '', version, kind = '', id, ...more] = pathname.split('/');
    if (api !== 'api') return shownInBrowser(account, pathname);
    const operation =
      more.length > 0 ? undefined : OPERATIONS[`${method} ${version}/${kind}${id ? '/:id' : ''}`];
    if (!operation) return errors(404, `The sandbox does not serve ${method} ${pathname}.`);
    const keys = keysOf(incoming);
    if (!keys.api || !(operation.apiKeyOnly || keys.application)) return errors(403, 'Forbidden');
    const resourceKey = id ? { resourceKey: `datadog.${kind}/${decodeURIComponent(id)}` } : {};
    const service = `datadog.${kind}`;
    const call: CallContext = {
      vendor: 'datadog',
      service,
      operation: operation.name,
      region: '',
      caller: keys.api,
      key: null,
      ...resourceKey,
    };
    const write = method !== 'GET';
    const request = { core, account, call, id: decodeURIComponent(id ?? ''), query: searchParams };
    const bucket = { name: 'datadog.api', scope: keys.api };
    return core.pipeline.handle({ call, write, bucket, answers: ANSWERS }, () => {
      const payload = payloadOf(body, incoming.headers['content-encoding']);
      if (payload.status === 'refused') return errors(payload.code, payload.message);
      return operation.run({ ...request, sent: payload.status === 'read' ? payload.sent : {} });
    });
  };
}

function keysOf({ headers }: IncomingMessage): { readonly api: string; readonly application: string } {
  const text = (name: string) => String(headers[name] ?? '');
  return { api: text('dd-api-key'), application: text('dd-application-key') };
}

/** What a link to a dashboard or a monitor leads to: there is no web page, so the object itself. */
function shownInBrowser({ dashboards, monitors }: Account, pathname: string): SandboxResponse {
  const [, kind, id = ''] = pathname.split('/');
  const object =
    kind === 'dashboard' ? dashboards.get(id) : kind === 'monitors' ? monitors.get(Number(id)) : undefined;
  return object ? json(200, object) : errors(404, 'Not found');
}
