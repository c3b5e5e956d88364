import { type LedgerEntry, type LiveWorld, ownedText } from '../../cli/demo/sandbox.ts';

/** Owned fields of every resource, weights of every record, names of every dashboard and rule, as text lines. */
export function ownedLines(world: LiveWorld): readonly string[] {
  return [
    ...world.resources.map((resource) => `${resource.key} ${ownedText(resource)}`),
    ...world.recordSets.flatMap((set) =>
      set.records.map((record) => `${set.name} ${record.setIdentifier} weight ${record.weight}`),
    ),
    ...world.datadog.dashboards.map((dashboard) => `dashboard ${dashboard.title}`),
    ...world.datadog.monitors.map((monitor) => `alert rule ${monitor.name}`),
  ].toSorted();
}

/** Entries that took capacity away before the last weight was moved, where weights were moved at all. */
export function takenBeforeTraffic(ledger: readonly LedgerEntry[]): readonly string[] {
  const lastMove = ledger.findLast((entry) => entry.effective && entry.resource.startsWith('aws.route53/'));
  return ledger
    .filter((entry) => entry.effective && entry.caller !== 'autoscaler' && entry.seq < (lastMove?.seq ?? 0))
    .filter((entry) => floorIn(entry.after) < floorIn(entry.before))
    .map((entry) => `${entry.resource} was lowered before ${lastMove?.resource} was moved back`);
}

function floorIn(state: LedgerEntry['before']): number {
  const { minimumUnits, desiredUnits } = (state ?? {}) as { minimumUnits?: number; desiredUnits?: number };
  return minimumUnits ?? desiredUnits ?? Number.NaN;
}
