import type { CallContext } from './world.ts';

/** What can go wrong on purpose; what each does is in pipeline.ts and world.ts. */
export const FAULT_KINDS = [
  'throttle',
  'serverError',
  'timeout',
  'lostAnswer',
  'lateEffect',
  'staleRead',
  'slowProvisioning',
  'stuckProvisioning',
  'insufficientCapacity',
  'quota',
  'invalid',
  'denied',
  'down',
] as const;

/** One of {@link FAULT_KINDS}. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A rule: which calls, what goes wrong, how often. A `resource` ending in `*` matches by prefix. */
export interface Fault {
  readonly id: string;
  readonly match: {
    readonly vendor?: string;
    readonly service?: string;
    readonly operation?: string;
    readonly region?: string;
    readonly resource?: string;
  };
  readonly kind: FaultKind;
  /** 0 to 1; default 1. */
  readonly probability?: number;
  /** How often it strikes; default without end. */
  readonly times?: number;
  readonly delayMs?: number;
  readonly fraction?: number;
  readonly retryAfterSeconds?: number;
}

/** Where in a call a fault can strike. */
export type FaultPhase = 'request' | 'write' | 'effect' | 'read' | 'provision';

const PHASES: Readonly<Record<FaultPhase, readonly FaultKind[]>> = {
  request: ['throttle', 'serverError', 'timeout', 'denied', 'down'],
  write: ['insufficientCapacity', 'quota', 'invalid'],
  effect: ['lostAnswer', 'lateEffect'],
  read: ['staleRead'],
  provision: ['slowProvisioning', 'stuckProvisioning'],
};

/** The rules in force. */
export interface Faults {
  /** The first rule that strikes this call here; counts it. */
  next(call: CallContext, phase: FaultPhase): Fault | undefined;
  add(fault: Omit<Fault, 'id'>): string;
  remove(id: string): boolean;
  clear(): void;
  list(): readonly Fault[];
}

/** Makes an empty set of rules. */
export function createFaults(): Faults {
  const rules = new Map<string, { fault: Fault; left: number }>();
  let count = 0;
  return {
    next(call, phase) {
      for (const [id, rule] of rules) {
        if (!PHASES[phase].includes(rule.fault.kind) || !matches(rule.fault, call)) continue;
        if (Math.random() >= (rule.fault.probability ?? 1)) continue;
        rule.left -= 1;
        if (rule.left <= 0) rules.delete(id);
        return rule.fault;
      }
      return undefined;
    },
    add(fault) {
      count += 1;
      const id = `fault-${count}`;
      rules.set(id, { fault: { ...fault, id }, left: fault.times ?? Number.POSITIVE_INFINITY });
      return id;
    },
    remove: (id) => rules.delete(id),
    clear: () => rules.clear(),
    list: () => [...rules.values()].map((rule) => rule.fault),
  };
}

function matches({ match }: Fault, call: CallContext): boolean {
  const exact = (wanted: string | undefined, found: string) => wanted === undefined || wanted === found;
  return (
    exact(match.vendor, call.vendor) &&
    exact(match.service, call.service) &&
    exact(match.operation, call.operation) &&
    exact(match.region, call.region) &&
    resourceMatches(match.resource, call.resourceKey)
  );
}

function resourceMatches(wanted: string | undefined, found: string | undefined): boolean {
  if (wanted === undefined) return true;
  if (found === undefined) return false;
  return wanted.endsWith('*') ? found.startsWith(wanted.slice(0, -1)) : found === wanted;
}
