import type { Lack } from '../../../domain/scaler.ts';
import type { Launch } from './_auto-scaling-api.ts';

/**
 * Words of EC2 in a failed scaling activity (`StatusMessage`) or in a health issue of an EKS node group, which
 * carry no code of their own. Sources: EC2 Auto Scaling user guide, "Troubleshoot: EC2 instance launch failures",
 * and EC2 API reference, "Error codes": InsufficientInstanceCapacity, UnfulfillableCapacity (spot),
 * VcpuLimitExceeded, InstanceLimitExceeded, MaxSpotInstanceCountExceeded.
 */
const PATTERNS: readonly (readonly [Lack, RegExp])[] = [
  ['QuotaExceeded', /VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded/],
  ['QuotaExceeded', /more vCPU capacity than your current vCPU limit|reached your quota/i],
  ['InsufficientCapacity', /Insufficient\w*Capacity|UnfulfillableCapacity/],
  ['InsufficientCapacity', /do not have sufficient \S* ?capacity|no Spot capacity available/i],
];

/** The kind of a failed launch, or null for one that only a person can mend (an image, a role, a key). */
export function launchFailureKind(message: string): Lack | null {
  return PATTERNS.find(([, pattern]) => pattern.test(message))?.[0] ?? null;
}

/** How long a failed launch says something of now, in milliseconds; polls come within seconds. Ours. */
const FRESH_MS = 5 * 60_000;

/** What the launches of a group that is short of units say of it. `reason` continues a sentence; it may be empty. */
export interface LaunchVerdict {
  readonly status: 'moving' | 'failed';
  readonly reason: string;
  /** Of a failed one: what is lacking. */
  readonly lacks?: Lack;
}

/**
 * Judges launches, newest first. A group tries its other zones by itself, so it has found no capacity only when
 * as many fresh launches in a row have failed as it has zones; a quota binds all zones, so one failure says it.
 * Whatever else failed (an image, a role) is told and left to the settle deadline.
 */
export function launchVerdict(launches: readonly Launch[], zones: number, nowMs: number): LaunchVerdict {
  const fresh = launches.filter(({ startedMs }) => nowMs - startedMs < FRESH_MS);
  const ended = fresh.findIndex(({ status }) => status !== 'failed');
  const failed = ended < 0 ? fresh : fresh.slice(0, ended);
  const [newest] = failed;
  if (newest === undefined) return { status: 'moving', reason: '' };
  const kind = launchFailureKind(newest.message);
  const short = failed.filter(({ message }) => launchFailureKind(message) === 'InsufficientCapacity');
  const final = kind === 'QuotaExceeded' || (kind !== null && short.length >= zones);
  const word = kind === null ? '' : `${kind}, `;
  return {
    status: final ? 'failed' : 'moving',
    reason: `; the last launch failed: ${word}${newest.message}`,
    ...(kind !== null && final && { lacks: kind }),
  };
}
