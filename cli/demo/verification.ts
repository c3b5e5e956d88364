import { cellId, cellOf, type Fleet, type ScalingTarget } from '../../domain/fleet.ts';
import type { RunReport, ServiceReport } from '../../domain/report.ts';
import { resourceKey } from './chaos.ts';
import { type LedgerEntry, type LiveResource, type LiveWorld, ownedText } from './sandbox.ts';

/** What the report is held against. */
export interface Evidence {
  readonly report: RunReport;
  readonly fleet: Fleet;
  /** From before the season was asked for. */
  readonly before: LiveWorld;
  readonly after: LiveWorld;
  readonly ledger: readonly LedgerEntry[];
}

/** One question put to the sandbox, and where it disagrees with the report. */
export interface Check {
  readonly name: string;
  readonly mismatches: readonly string[];
}

/** Callers whose changes are not ours: the simulated autoscalers and people. */
const NOT_OURS: ReadonlySet<string> = new Set(['autoscaler', 'person']);

/** Holds the report against the sandbox's own ledger and live state; a report alone proves nothing. */
export function verify(evidence: Evidence): readonly Check[] {
  const undone = evidence.report.status === 'rolledBack' || evidence.report.status === 'cancelled';
  const common = [
    check('every change is of a service in the report', strangers(evidence)),
    check('no service was changed twice in the same direction', secondChanges(evidence)),
    check('no record was given the same weight twice', secondWeights(evidence)),
  ];
  if (undone) {
    return [
      ...common,
      check('every owned field is as before', notAsBefore(evidence)),
      check('every weight is as before', weightsNotAsBefore(evidence)),
      check('traffic was back before anything was taken away', capacityBeforeTraffic(evidence)),
      check('dashboards and alert rules are gone', leftMonitoring(evidence)),
    ];
  }
  return [
    ...common,
    check('from and to are what the vendor had and has', wrongFloors(evidence)),
    check('observed units serve', wrongObserved(evidence)),
    check('nothing later was touched before a service was stable', wrongOrder(evidence)),
    check('traffic moved after capacity', trafficBeforeCapacity(evidence)),
    check('weights are in force', wrongWeights(evidence)),
    check('dashboards and alert rules are up', wrongMonitoring(evidence)),
  ];
}

function check(name: string, mismatches: readonly string[]): Check {
  return { name, mismatches };
}

function servicesOf({ report }: Evidence): readonly ServiceReport[] {
  return report.cells.flatMap((cell) => cell.services);
}

function targetOf({ fleet }: Evidence, targetId: string): ScalingTarget {
  const target = fleet.targets.find((candidate) => candidate.id === targetId);
  if (!target) throw new Error(`the report names ${targetId}, which is not in the fleet`);
  return target;
}

/** Our effective changes of scaling resources, oldest first. */
function changes({ ledger, fleet }: Evidence): readonly LedgerEntry[] {
  const keys = new Set(fleet.targets.map(resourceKey));
  return ledger.filter((e) => e.effective && !NOT_OURS.has(e.caller) && keys.has(e.resource));
}

function weightChanges({ ledger }: Evidence): readonly LedgerEntry[] {
  return ledger.filter((entry) => entry.effective && entry.resource.startsWith('aws.route53/'));
}

/** Units guaranteed by what the ledger or the live state says of a target. */
function floorOf(target: ScalingTarget, state: LedgerEntry['before'] | LiveResource | undefined): number {
  const { minimumUnits, desiredUnits, className } = (state ?? {}) as Partial<LiveResource>;
  if (target.classes) return target.classes.find(({ name }) => name === className)?.units ?? Number.NaN;
  return (target.autoscaled ? minimumUnits : desiredUnits) ?? Number.NaN;
}

/** Units that serve, by the live state. */
function servingOf({ classes }: ScalingTarget, { servingUnits, servingClassName }: LiveResource): number {
  return classes ? (classes.find(({ name }) => name === servingClassName)?.units ?? 0) : servingUnits;
}

/** How far a change of the ledger raises its target's floor; negative where it lowers it. */
function raisedBy({ fleet }: Evidence, entry: LedgerEntry): number {
  const target = fleet.targets.find((candidate) => resourceKey(candidate) === entry.resource);
  return target ? floorOf(target, entry.after) - floorOf(target, entry.before) : 0;
}

function liveOf(world: LiveWorld, key: string): LiveResource | undefined {
  return world.resources.find((resource) => resource.key === key);
}

function strangers(evidence: Evidence): readonly string[] {
  const known = new Set(servicesOf(evidence).map((s) => resourceKey(targetOf(evidence, s.targetId))));
  return changes(evidence)
    .filter((entry) => !known.has(entry.resource))
    .map((entry) => `${entry.resource} was changed by ${entry.operation} and is not in the report`);
}

/**
 * Up once, and once more for every fallback it stands in for; where it was undone down once (an owned minimum and a
 * maximum may go one after the other).
 */
function secondChanges(evidence: Evidence): readonly string[] {
  const standsIn = (resource: string) =>
    evidence.report.fallbacks
      .flatMap(({ standIns }) => standIns)
      .filter(({ targetId }) => resourceKey(targetOf(evidence, targetId)) === resource).length;
  const ups = changes(evidence).filter((entry) => raisedBy(evidence, entry) > 0);
  return [...Map.groupBy(ups, (entry) => entry.resource)]
    .filter(([resource, group]) => group.length > 1 + standsIn(resource))
    .map(([resource, group]) => `${resource} was raised ${group.length} times`);
}

function secondWeights(evidence: Evidence): readonly string[] {
  const { ledger } = evidence;
  const writes = ledger.filter(
    (entry) => entry.resource.startsWith('aws.route53/') && !NOT_OURS.has(entry.caller),
  );
  return writes
    .filter((entry) => !entry.effective)
    .map((entry) => `${entry.resource} was given weight ${entry.after?.weight} again`);
}

function wrongFloors(evidence: Evidence): readonly string[] {
  return servicesOf(evidence).flatMap((service) => {
    const target = targetOf(evidence, service.targetId);
    const key = resourceKey(target);
    const before = liveOf(evidence.before, key);
    const after = liveOf(evidence.after, key);
    if (!before || !after) return [`${service.targetId} is not in the sandbox`];
    const faults: string[] = [];
    if (floorOf(target, before) !== service.from)
      faults.push(`from is ${service.from}, was ${floorOf(target, before)}`);
    if (service.status === 'undone' || service.status === 'planned') {
      if (ownedText(after) !== ownedText(before))
        faults.push(`${service.status}, but ${ownedText(after)} and not ${ownedText(before)}`);
    } else {
      const expected = Math.max(service.from, service.to);
      const floor = floorOf(target, after);
      if (floor !== expected) faults.push(`to is ${service.to}, the floor is ${floor}`);
      if (service.effectiveFloor !== expected)
        faults.push(`effective floor is said to be ${service.effectiveFloor}`);
    }
    return faults.map((fault) => `${service.targetId}: ${fault}`);
  });
}

function wrongObserved(evidence: Evidence): readonly string[] {
  return servicesOf(evidence).flatMap((service) => {
    // What is undone, or not due yet, has nothing to observe.
    if (service.status === 'undone' || service.status === 'planned') return [];
    const target = targetOf(evidence, service.targetId);
    const live = liveOf(evidence.after, resourceKey(target));
    const faults: string[] = [];
    if (service.observed === null || service.observed < service.to)
      faults.push(`observed ${service.observed} of ${service.to}`);
    if (live && service.observed !== null && servingOf(target, live) < service.observed) {
      faults.push(`observed ${service.observed}, but ${servingOf(target, live)} serve`);
    }
    return faults.map((fault) => `${service.targetId}: ${fault}`);
  });
}

/** Later services of a cell, in the fleet's order, may be written only once a stabilising one has settled. */
function wrongOrder(evidence: Evidence): readonly string[] {
  const { fleet } = evidence;
  const services = new Map(servicesOf(evidence).map((service) => [service.targetId, service]));
  const written = new Map(
    changes(evidence)
      .toReversed()
      .map((entry) => [entry.resource, Date.parse(entry.at)]),
  );
  return fleet.targets.flatMap((target, index) => {
    const stable = services.get(target.id);
    if (!target.requiresStabilization || !stable?.settledAt) return [];
    const settledMs = Date.parse(stable.settledAt);
    return fleet.targets
      .slice(index + 1)
      .filter((later) => cellId(cellOf(later)) === cellId(cellOf(target)))
      .filter((later) => (written.get(resourceKey(later)) ?? Number.POSITIVE_INFINITY) < settledMs)
      .map((later) => `${later.id} was written before ${target.id} had settled`);
  });
}

function trafficBeforeCapacity(evidence: Evidence): readonly string[] {
  const lastRaise = changes(evidence).findLast((entry) => raisedBy(evidence, entry) > 0);
  const firstMove = weightChanges(evidence)[0];
  if (!lastRaise || !firstMove || firstMove.seq > lastRaise.seq) return [];
  return [`${firstMove.resource} moved before ${lastRaise.resource} was raised`];
}

function capacityBeforeTraffic(evidence: Evidence): readonly string[] {
  const lastMove = weightChanges(evidence).at(-1);
  if (!lastMove)
    return evidence.report.routing.length > 0 ? ['the report speaks of routing, the ledger of none'] : [];
  return changes(evidence)
    .filter((entry) => raisedBy(evidence, entry) < 0 && entry.seq < lastMove.seq)
    .map((entry) => `${entry.resource} was lowered before ${lastMove.resource} was back`);
}

function weightsOf(world: LiveWorld): ReadonlyMap<string, string> {
  return new Map(
    world.recordSets.map((set) => {
      const weights = set.records.map((record) => [record.setIdentifier, record.weight] as const);
      return [set.name.replace(/\.$/, ''), text(Object.fromEntries(weights))];
    }),
  );
}

function wrongWeights(evidence: Evidence): readonly string[] {
  const live = weightsOf(evidence.after);
  return evidence.report.routing.flatMap((route) => {
    const set = evidence.fleet.recordSets.find((candidate) => candidate.id === route.recordSetId);
    const found = live.get((set?.name ?? '').replace(/\.$/, ''));
    const said = route.observed ? text(route.observed) : 'nothing';
    return found === said ? [] : [`${route.recordSetId}: said ${said}, the vendor has ${found}`];
  });
}

function weightsNotAsBefore({ before, after }: Evidence): readonly string[] {
  const now = weightsOf(after);
  return [...weightsOf(before)]
    .filter(([name, weights]) => now.get(name) !== weights)
    .map(([name, weights]) => `${name}: was ${weights}, is ${now.get(name)}`);
}

function notAsBefore({ before, after }: Evidence): readonly string[] {
  return before.resources.flatMap((resource) => {
    const now = liveOf(after, resource.key);
    if (now && ownedText(now) === ownedText(resource)) return [];
    return [`${resource.key}: was ${ownedText(resource)}, is ${now ? ownedText(now) : 'gone'}`];
  });
}

function wrongMonitoring({ report, after }: Evidence): readonly string[] {
  const { dashboards, monitors } = after.datadog;
  return report.monitoring.flatMap((platform) => [
    ...platform.dashboards
      .filter((said) => !dashboards.some((found) => found.id === said.id && found.title === said.title))
      .map((said) => `dashboard ${said.title} (${said.id}) is not there`),
    ...platform.alertRules
      .filter((said) => !monitors.some((found) => String(found.id) === said.id))
      .map((said) => `alert rule ${said.name} (${said.id}) is not there`),
  ]);
}

function leftMonitoring({ before, after }: Evidence): readonly string[] {
  const known = new Set(
    [...before.datadog.dashboards, ...before.datadog.monitors].map((object) => String(object.id)),
  );
  return [
    ...after.datadog.dashboards.map((dashboard) => ({
      id: dashboard.id,
      name: `dashboard ${dashboard.title}`,
    })),
    ...after.datadog.monitors.map((monitor) => ({
      id: String(monitor.id),
      name: `alert rule ${monitor.name}`,
    })),
  ]
    .filter((object) => !known.has(object.id))
    .map((object) => `${object.name} is still there`);
}

function text(weights: Readonly<Record<string, number>>): string {
  const names = Object.keys(weights).toSorted();
  return names.map((name) => `${name} ${weights[name]}`).join(', ');
}
