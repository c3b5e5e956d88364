import type { Core } from '../../core.ts';

/** A quota of the account as a world sets it. */
export interface QuotaInput {
  readonly region: string;
  /** What AWS files it under, e.g. `fargate`. */
  readonly service: string;
  readonly code: string;
  readonly limit: number;
}

/** A quota every account has. */
interface KnownQuota {
  readonly service: string;
  readonly code: string;
  readonly name: string;
  /** What the sandbox's account may have where a world says nothing else. */
  readonly limit: number;
}

const EC2_NAMES: readonly (readonly [code: string, name: string])[] = [
  ['L-1216C47A', 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances'],
  ['L-34B43A08', 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests'],
  ['L-3819A6DF', 'All G and VT Spot Instance Requests'],
  ['L-417A185B', 'Running On-Demand P instances'],
  ['L-7295265B', 'Running On-Demand X instances'],
  ['L-DB2E81BA', 'Running On-Demand G and VT instances'],
  ['L-E3A00192', 'All X Spot Instance Requests'],
];

/**
 * Every quota the sandbox has. The limits are those of an account whose limits were raised long ago, so that a
 * quota bites only in a world that sets one; AWS's own defaults are far lower.
 */
const KNOWN: readonly KnownQuota[] = [
  ...EC2_NAMES.map(([code, name]) => ({ service: 'ec2', code, name, limit: 200_000 })),
  { service: 'eks', code: 'L-BD136A63', name: 'Nodes per managed node group', limit: 5_000 },
  {
    service: 'elasticache',
    code: 'L-AF354865',
    name: 'Nodes per cluster per instance type (Redis cluster mode enabled)',
    limit: 500,
  },
  { service: 'elasticache', code: 'L-DFE45DF3', name: 'Nodes per Region', limit: 20_000 },
  {
    service: 'fargate',
    code: 'L-3032A538',
    name: 'Fargate On-Demand vCPU resource count',
    limit: 200_000,
  },
  { service: 'fargate', code: 'L-36FBB829', name: 'Fargate Spot vCPU resource count', limit: 200_000 },
  { service: 'lambda', code: 'L-B99A9384', name: 'Concurrent executions', limit: 50_000 },
  { service: 'rds', code: 'L-7ADDB58A', name: 'Total storage for all DB instances', limit: 10_000_000 },
  { service: 'rds', code: 'L-7B6409FD', name: 'DB instances', limit: 20_000 },
];

/** Quotas of one sandbox, by region, service and code. */
export interface QuotaTable {
  /** The account's own value, where a world set one. */
  applied(region: string, service: string, code: string): number | undefined;
  /** What the account has without one; undefined for a quota nobody knows. */
  known(service: string, code: string): KnownQuota | undefined;
}

const tables = new WeakMap<Core, QuotaTable>();

/** The quotas of a sandbox; the section `quotas` of the control endpoint loads them. */
export function quotasOf(core: Core): QuotaTable {
  const made = tables.get(core);
  if (made) return made;
  const applied = new Map<string, QuotaInput>();
  const keyOf = (region: string, service: string, code: string) => `${region}/${service}/${code}`;
  core.sections.set('quotas', {
    load(input) {
      for (const quota of input as readonly QuotaInput[]) {
        applied.set(keyOf(quota.region, quota.service, quota.code), quota);
      }
    },
    state: () => [...applied.values()],
    clear: () => applied.clear(),
  });
  const table: QuotaTable = {
    applied: (region, service, code) => applied.get(keyOf(region, service, code))?.limit,
    known: (service, code) => KNOWN.find((quota) => quota.service === service && quota.code === code),
  };
  tables.set(core, table);
  return table;
}

/** What holds in a region: the account's own value, else the default. @throws Error for a quota nobody knows. */
export function limitOf(core: Core, region: string, service: string, code: string): number {
  const table = quotasOf(core);
  const limit = table.applied(region, service, code) ?? table.known(service, code)?.limit;
  if (limit === undefined) throw new Error(`no quota ${service} ${code} is known; add it to quota-table.ts`);
  return limit;
}
