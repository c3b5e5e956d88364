import type { Quota } from '../service-descriptor.ts';

/** A quota of EC2 on the vCPUs of running machines, and which machines count. */
export interface VcpuQuota {
  readonly code: string;
  /** The vendor's own name of it. */
  readonly title: string;
  /** Whether it counts machines that may be interrupted, or the others. */
  readonly purchase: 'on-demand' | 'spot';
  /** Instance types it counts, e.g. `m5.large`; no two of a purchase count the same. */
  readonly types: RegExp;
}

const STANDARD = /^([acdhmrtz]|i|im|is)\d/;

/**
 * Quotas on vCPUs, per account and region, sorted by code. Sources: EC2 user guide, "On-Demand Instance quotas" and
 * "Spot Instance quotas", for the families; the codes from listings of `aws service-quotas list-service-quotas
 * --service-code ec2` by third parties. What they allow differs by account.
 */
export const EC2_VCPU_QUOTAS: readonly VcpuQuota[] = [
  {
    code: 'L-1216C47A',
    title: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
    purchase: 'on-demand',
    types: STANDARD,
  },
  { code: 'L-1945791B', title: 'Running On-Demand Inf instances', purchase: 'on-demand', types: /^inf\d/ },
  { code: 'L-2C3B7624', title: 'Running On-Demand Trn instances', purchase: 'on-demand', types: /^trn\d/ },
  {
    code: 'L-34B43A08',
    title: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests',
    purchase: 'spot',
    types: STANDARD,
  },
  {
    code: 'L-3819A6DF',
    title: 'All G and VT Spot Instance Requests',
    purchase: 'spot',
    types: /^(g|gr|vt)\d/,
  },
  { code: 'L-417A185B', title: 'Running On-Demand P instances', purchase: 'on-demand', types: /^p\d/ },
  {
    code: 'L-43DA4232',
    title: 'Running On-Demand High Memory instances',
    purchase: 'on-demand',
    types: /^u[-\d]/,
  },
  { code: 'L-6B0D517C', title: 'All Trn Spot Instance Requests', purchase: 'spot', types: /^trn\d/ },
  { code: 'L-6E869C2A', title: 'Running On-Demand DL instances', purchase: 'on-demand', types: /^dl\d/ },
  {
    code: 'L-7212CCBC',
    title: 'All P4, P3 and P2 Spot Instance Requests',
    purchase: 'spot',
    types: /^p[2-4]/,
  },
  { code: 'L-7295265B', title: 'Running On-Demand X instances', purchase: 'on-demand', types: /^x\d/ },
  { code: 'L-74FC7D96', title: 'Running On-Demand F instances', purchase: 'on-demand', types: /^f\d/ },
  { code: 'L-85EED4F7', title: 'All DL Spot Instance Requests', purchase: 'spot', types: /^dl\d/ },
  { code: 'L-88CF9481', title: 'All F Spot Instance Requests', purchase: 'spot', types: /^f\d/ },
  { code: 'L-B5D1601B', title: 'All Inf Spot Instance Requests', purchase: 'spot', types: /^inf\d/ },
  { code: 'L-C4BD4855', title: 'All P5 Spot Instance Requests', purchase: 'spot', types: /^p5/ },
  {
    code: 'L-DB2E81BA',
    title: 'Running On-Demand G and VT instances',
    purchase: 'on-demand',
    types: /^(g|gr|vt)\d/,
  },
  { code: 'L-E3A00192', title: 'All X Spot Instance Requests', purchase: 'spot', types: /^x\d/ },
  { code: 'L-F7808C92', title: 'Running On-Demand HPC instances', purchase: 'on-demand', types: /^hpc\d/ },
];

/** {@link EC2_VCPU_QUOTAS} as the descriptor of a service lists them whose levers make machines of EC2. */
export function vcpuQuotasOf(levers: readonly string[]): readonly Quota[] {
  return EC2_VCPU_QUOTAS.map(({ code, title }) => ({
    code,
    title,
    quotaService: 'ec2',
    levers,
    defaultLimit: null,
    source: 'EC2 user guide, On-Demand and Spot Instance quotas, in vCPUs; the code from third parties',
  }));
}

/** The quota a machine counts against; undefined for a family without one (dedicated hosts only). */
export function vcpuQuotaOf(instanceType: string, purchase: VcpuQuota['purchase']): VcpuQuota | undefined {
  return EC2_VCPU_QUOTAS.find((quota) => quota.purchase === purchase && quota.types.test(instanceType));
}
