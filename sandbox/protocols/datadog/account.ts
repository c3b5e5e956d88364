import type { Core } from '../../core.ts';
import type { CallContext } from '../../world.ts';

/** A JSON object as it was sent. */
export type Json = Readonly<Record<string, unknown>>;

/** Last value of a metric under one set of tags. */
export interface LastValue {
  readonly metric: string;
  readonly tags: readonly string[];
  readonly value: number;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

/** What the account holds. */
export interface Account {
  readonly dashboards: Map<string, Json>;
  readonly monitors: Map<number, Json>;
  /** By metric and tags. */
  readonly metrics: Map<string, LastValue>;
  /** A number never given before, for ids. */
  nextNumber(): number;
}

/** One decoded call of the API. */
export interface DatadogRequest {
  readonly core: Core;
  readonly account: Account;
  readonly call: CallContext;
  /** The path's last part; empty where it has none. */
  readonly id: string;
  readonly sent: Json;
  readonly query: URLSearchParams;
}

/** The account as the section `datadog` of the world shows it. */
interface AccountState {
  readonly dashboards: readonly Json[];
  readonly monitors: readonly Json[];
  readonly metrics: readonly LastValue[];
}

/** Ids of monitors begin above this number, as at Datadog they are large. */
export const FIRST_MONITOR_ID = 1_000_000;

/** The number an object's id was made from. */
function numberOf({ id }: Json): number {
  return typeof id === 'number' ? id - FIRST_MONITOR_ID : Number.parseInt(String(id).replaceAll('-', ''), 36);
}

/** Key of a metric's last value: its name and tags. */
export function metricKey({ metric, tags }: Pick<LastValue, 'metric' | 'tags'>): string {
  return [metric, ...tags].join(' ');
}

/** Makes an empty account and registers it as the section `datadog` of the world. */
export function createAccount(core: Core): Account {
  let given = 0;
  const account: Account = {
    dashboards: new Map(),
    monitors: new Map(),
    metrics: new Map(),
    nextNumber() {
      given += 1;
      return given;
    },
  };
  core.sections.set('datadog', {
    /** Objects as {@link Core.sections} gave them; an account that goes on gives no id twice. */
    load(input) {
      const { dashboards, monitors, metrics } = input as AccountState;
      for (const dashboard of dashboards) account.dashboards.set(String(dashboard.id), dashboard);
      for (const monitor of monitors) account.monitors.set(Number(monitor.id), monitor);
      for (const metric of metrics) account.metrics.set(metricKey(metric), metric);
      given = Math.max(given, ...dashboards.map(numberOf), ...monitors.map(numberOf));
    },
    state: () => ({
      dashboards: [...account.dashboards.values()],
      monitors: [...account.monitors.values()],
      metrics: [...account.metrics.values()],
    }),
    clear() {
      account.dashboards.clear();
      account.monitors.clear();
      account.metrics.clear();
    },
  });
  return account;
}

/** Enters an object's change; null stands for not there. */
export function enterChange(
  { core, call }: Pick<DatadogRequest, 'core' | 'call'>,
  resource: string,
  before: Json | null,
  after: Json | null,
): void {
  const { vendor, service, operation, region, caller, key } = call;
  core.ledger.append({ vendor, service, operation, region, resource, caller, key, before, after });
}
