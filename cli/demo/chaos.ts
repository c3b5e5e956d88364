import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet, ScalingTarget } from '../../domain/fleet.ts';
import { leverOfTarget, serviceDescriptor } from '../../domain/services.ts';
import type { JournalEvent } from '../render/events.ts';
import type { Chaos } from './options.ts';
import type { SandboxControl } from './sandbox.ts';

/** Something going wrong on purpose. */
export interface ChaosPlay {
  /** Before the season is asked for. */
  begin(): Promise<void>;
  /** With every event of the run. */
  hear(event: JournalEvent): void;
  /** Whether it really happened, in words; a chaos that never struck proves nothing. */
  outcome(): Promise<{ readonly struck: boolean; readonly text: string }>;
}

/** How long a vendor keeps an accepted write's answer back, in milliseconds; longer than the kill takes. */
const HOLD_ANSWER_MS = 4_000;
const LEDGER_POLL_MS = 25;
/** Calls that are throttled, and how many of those that come: a storm that a run outlives. */
const STORM = { times: 300, probability: 0.5, retryAfterSeconds: 20 } as const;

/** Key of a target in the sandbox: service, region, the reference in its lever's order, and a further lever. */
export function resourceKey(target: ScalingTarget): string {
  const lever = leverOfTarget(target);
  const names = (lever?.referenceFields ?? []).map((field) => target.reference[field] ?? '');
  const key = [target.service, target.region, ...names].join('/');
  return lever === serviceDescriptor(target.service)?.levers[0] ? key : `${key}#${lever?.id}`;
}

/** @throws Error when the fleet has no target the chaos could strike. */
export function createChaos(chaos: Chaos | null, fleet: Fleet, sandbox: SandboxControl): ChaosPlay {
  if (chaos === 'kill-worker') return killWorker(fleet, sandbox);
  if (chaos === 'critical-failure') return criticalFailure(fleet, sandbox);
  if (chaos === 'throttle') return throttle(sandbox);
  if (chaos === 'no-room') return noRoom(fleet, sandbox);
  return {
    begin: async () => undefined,
    hear: () => undefined,
    outcome: async () => ({ struck: true, text: '' }),
  };
}

/** kill -9 on the worker whose write the vendor has taken but not yet answered. */
function killWorker(fleet: Fleet, sandbox: SandboxControl): ChaosPlay {
  const target = fleet.targets.find((candidate) => candidate.service === 'aws.ecs') ?? fleet.targets[0];
  if (!target) throw new Error('the fleet has no target');
  const key = resourceKey(target);
  let text = `no write to ${target.id} was seen; nobody was killed`;
  let struck = false;
  async function strike(pid: number): Promise<void> {
    const endMs = Date.now() + HOLD_ANSWER_MS;
    while (Date.now() < endMs) {
      const taken = (await sandbox.ledger()).some(
        (entry) => entry.resource === key && entry.caller !== 'autoscaler',
      );
      if (taken) {
        process.kill(pid, 'SIGKILL');
        struck = true;
        text = `kill -9 on worker ${pid} after the vendor took its write to ${target?.id} and before it knew`;
        return;
      }
      await sleep(LEDGER_POLL_MS);
    }
  }
  return {
    begin: () =>
      sandbox.addFaults([
        { match: { resource: key }, kind: 'lostAnswer', times: 1, delayMs: HOLD_ANSWER_MS },
      ]),
    hear(event) {
      if (struck || event.kind !== 'intent' || event.key !== target.id) return;
      const pid = Number(/(\d+)$/.exec(String(event.body.worker))?.[1]);
      if (pid > 0) strike(pid).catch((error: Error) => (text = error.message));
    },
    outcome: async () => ({ struck, text }),
  };
}

/** A critical service stops serving for good once traffic has moved: everything has to go back, traffic first. */
function criticalFailure(fleet: Fleet, sandbox: SandboxControl): ChaosPlay {
  const target = fleet.targets.find((candidate) => candidate.critical);
  if (!target) throw new Error('the fleet has no critical target, so nothing critical can fail');
  let struck = false;
  let text = `traffic never moved; ${target.id} was left alone`;
  return {
    begin: async () => undefined,
    hear(event) {
      if (struck || event.kind !== 'routing') return;
      struck = true;
      text = `critical ${target.id} stopped serving after traffic had begun to move`;
      sandbox.loseUnits(resourceKey(target), 0).catch((error: Error) => {
        struck = false;
        text = error.message;
      });
    },
    outcome: async () => ({ struck, text }),
  };
}

/** A vendor has no room for a critical service: its fallbacks have to carry what it cannot. */
function noRoom(fleet: Fleet, sandbox: SandboxControl): ChaosPlay {
  // Whoever serves the fewest markets and has the most fallbacks is the easiest to stand in for.
  const [target] = fleet.targets
    .filter(({ critical, fallbacks = [] }) => critical && fallbacks.length > 0)
    .toSorted(
      (a, b) =>
        a.markets.length - b.markets.length || (b.fallbacks?.length ?? 0) - (a.fallbacks?.length ?? 0),
    );
  if (!target) throw new Error('the fleet has no critical target with fallbacks, so nobody could stand in');
  let struck = false;
  return {
    begin: () =>
      sandbox.addFaults([{ match: { resource: resourceKey(target) }, kind: 'insufficientCapacity' }]),
    hear(event) {
      if (event.kind === 'fallback' && event.key === target.id) struck = true;
    },
    outcome: async () => ({
      struck,
      text: struck
        ? `there was no room for critical ${target.id}, and others stood in`
        : `nobody had to stand in for ${target.id}`,
    }),
  };
}

function throttle(sandbox: SandboxControl): ChaosPlay {
  return {
    begin: () => sandbox.addFaults([{ kind: 'throttle', ...STORM }]),
    hear: () => undefined,
    outcome: async () => {
      const throttled = await sandbox.throttledCalls();
      return { struck: throttled > 0, text: `the vendors refused ${throttled} calls as too many` };
    },
  };
}
