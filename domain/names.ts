/** Task queue of workflows and of activities that touch only our own store. */
export const ORCHESTRATION_QUEUE = 'orchestration';

/** Task queue of activities that call vendors. */
export const PROVIDERS_QUEUE = 'providers';

/** Stream of journal entries that belong to no run: imports, manual claims, refusals. */
export const SYSTEM_STREAM = 'system';

/** Workflow types by run kind; the exported function of the same name carries the run out. */
export const WORKFLOW_BY_KIND = { season: 'seasonScaling', weddingDay: 'weddingDayScaling' } as const;

/** Workflow type of a run's hold. */
export const HOLD_WORKFLOW = 'capacityHold';

/** Workflow id of a run's hold, derived from the run's own opaque workflow id. */
export function holdWorkflowId(workflowId: string): string {
  return `${workflowId}-hold`;
}

/** What the season and its hold listen to; names are public to operators in the Web UI. */
export const UPDATE_NAMES = {
  /** To the run, or its hold: `{planId, principal}`; refused when the plan's hash is not the one waiting. */
  approve: 'approve',
} as const;

/** From a cell to the run or hold that carries out its step: the vendor has no room for a service. */
export const SHORTAGE_SIGNAL = 'shortage';

/** Back to the cell: that service's stand-ins serve, or nobody stands in. */
export const MADE_UP_SIGNAL = 'madeUp';

/** Signals the hold listens to. */
export const HOLD_SIGNALS = {
  /** From the run: it finished, the hold keeps its claims until their time. */
  commit: 'commit',
  /** From the run: a critical failure under `keep-capacity`; the hold keeps what is there. */
  keep: 'keep',
  /** From the run: everything is undone already; the hold ends. */
  discard: 'discard',
  /** From a cell: undo these targets' claims of the run. */
  undoTargets: 'undoTargets',
  /** From a person: give everything back as its load goes; after a `rollback` the run counts as rolled back. */
  release: 'release',
  /** From a person: keep until later. */
  extend: 'extend',
  /** From a person: settle what remains. */
  resolve: 'resolve',
} as const;

/** Workflow type that looks through a provider; its one argument names the discovery. */
export const FLEET_DISCOVERY = 'fleetDiscovery';

/** Workflow type that reads list prices; its one argument names the refresh. */
export const PRICE_REFRESH = 'priceRefresh';

/** Workflow type that tests one provider's connection; its one argument names the integration. */
export const PROVIDER_CHECK = 'providerCheck';

/** Workflow type that tests all of them; started by the Temporal Schedule of {@link INTEGRATION_CHECKS_SCHEDULE}. */
export const INTEGRATION_CHECKS = 'integrationChecks';

/** Schedule of the periodic tests; no schedule made over the API can have this id. */
export const INTEGRATION_CHECKS_SCHEDULE = 'wedscale:integration-checks';

/** Workflow type a Temporal Schedule starts; it inserts the run row and starts the run. */
export const SCHEDULED_START = 'scheduledStart';

/** The one argument of {@link SCHEDULED_START}. */
export interface ScheduledStartInput {
  readonly scheduleId: string;
  readonly kind: keyof typeof WORKFLOW_BY_KIND;
  /** Request body as given, before defaults; its dates may be relative to the day the schedule fires. */
  readonly request: unknown;
  /** Who made the schedule; the run carries the same. */
  readonly principal: string;
}
