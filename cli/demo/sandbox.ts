/** A change as the sandbox's ledger has it. */
export interface LedgerEntry {
  readonly seq: number;
  /** Wall time, ISO 8601. */
  readonly at: string;
  readonly vendor: string;
  readonly service: string;
  readonly operation: string;
  readonly resource: string;
  readonly caller: string;
  readonly key: string | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly effective: boolean;
}

/** A resource as the sandbox has it. */
export interface LiveResource {
  readonly key: string;
  readonly service: string;
  readonly region: string;
  readonly reference: Readonly<Record<string, string>>;
  readonly autoscaled: boolean;
  readonly minimumUnits: number | null;
  readonly maximumUnits: number | null;
  readonly desiredUnits: number;
  readonly servingUnits: number;
  readonly onDemandPercent: number | null;
  readonly className: string | null;
  readonly servingClassName: string | null;
}

/** Everything the sandbox holds. */
export interface LiveWorld {
  readonly resources: readonly LiveResource[];
  readonly recordSets: readonly {
    readonly zoneId: string;
    readonly name: string;
    readonly type: string;
    readonly records: readonly { readonly setIdentifier: string; readonly weight: number }[];
  }[];
  readonly datadog: {
    readonly dashboards: readonly { readonly id: string; readonly title: string }[];
    readonly monitors: readonly { readonly id: string | number; readonly name: string }[];
  };
}

/** The sandbox by its own control endpoint, apart from the product. */
export interface SandboxControl {
  ledger(): Promise<readonly LedgerEntry[]>;
  world(): Promise<LiveWorld>;
  /** Puts rules in force; see the sandbox's own words for their kinds. */
  addFaults(rules: readonly object[]): Promise<void>;
  /** Calls the vendors refused because there were too many. */
  throttledCalls(): Promise<number>;
  /** Leaves so many units of a resource serving, whatever is wanted. */
  loseUnits(resource: string, servingUnits: number): Promise<void>;
}

/** Owned fields of a resource in words; two resources with the same words are set alike. */
export function ownedText(resource: LiveResource): string {
  const { autoscaled, minimumUnits, maximumUnits, desiredUnits, onDemandPercent, className } = resource;
  if (className !== null) return `class ${className}`;
  const bounds = minimumUnits === null ? [] : [`minimum ${minimumUnits}`, `maximum ${maximumUnits}`];
  const count = autoscaled ? [] : [`count ${desiredUnits}`];
  const share = onDemandPercent === null ? [] : [`on demand ${onDemandPercent} %`];
  return [...bounds, ...count, ...share].join(', ');
}

interface CallCount {
  readonly vendor: string;
  readonly status: number;
  readonly count: number;
}

/** How a vendor says that there were too many calls, where it is not always 429; AWS has both, by service. */
const THROTTLE_STATUSES: Readonly<Record<string, readonly number[]>> = { aws: [400, 429], gcp: [403] };

/** @param url the control endpoint, e.g. `http://127.0.0.1:4100`. */
export function sandboxControl(url: string): SandboxControl {
  const ask = async <T>(path: string, body?: unknown): Promise<T> => {
    const response = await fetch(new URL(path, url), {
      method: body === undefined ? 'GET' : 'POST',
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    if (!response.ok)
      throw new Error(`the sandbox answered ${response.status} to ${path}: ${await response.text()}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  };
  return {
    ledger: async () => (await ask<{ entries: readonly LedgerEntry[] }>('/ledger')).entries,
    world: () => ask<LiveWorld>('/world'),
    addFaults: async (rules) => void (await ask('/faults', rules)),
    throttledCalls: async () => {
      const { requests } = await ask<{ requests: readonly CallCount[] }>('/requests');
      const refused = requests.filter(({ vendor, status }) =>
        (THROTTLE_STATUSES[vendor] ?? [429]).includes(status),
      );
      return refused.reduce((total, { count }) => total + count, 0);
    },
    loseUnits: async (resource, servingUnits) => void (await ask('/outages', { resource, servingUnits })),
  };
}
