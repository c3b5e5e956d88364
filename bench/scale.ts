import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, apiClient } from '../cli/client.ts';
import { readRequest } from '../cli/commands/seasons.ts';
import { inheritedEnvironment } from '../cli/config.ts';
import { type ServiceReady, startDemoService } from '../cli/demo/service.ts';
import { followRun } from '../cli/follow.ts';
import type { JournalEvent } from '../cli/render/events.ts';
import type { Fleet } from '../domain/fleet.ts';
import type { RunReport } from '../domain/report.ts';
import { plainScript } from './plain-script.ts';
import { processFigures } from './process-figures.ts';
import type { Bench } from './registry.ts';
import { runEvents } from './run-events.ts';
import { scaleLowerBoundMs, tailMs } from './scale-calls.ts';
import { scaleBooking, scaleFleet, scaleSeason } from './scale-fleet.ts';
import { type ScaleWorld, scaleWorld, type WorldChange } from './scale-world.ts';

const SIZES = [300, 1_200];

/** As for a real vendor: the sandbox, too, takes long to answer on a machine that does other things beside. */
const CALL_TIMEOUT_MS = 20_000;

const NOT_COMPARED =
  "Terraform's AWS provider is not compared: only Terraform's own registry serves it, which cannot be counted on; the " +
  'Go module proxy has v1.60.0 and nothing newer, years older than most of what is scaled here.';

/**
 * One season that raises every target of a fleet over the six AWS services, carried out by the whole service
 * (Temporal, PostgreSQL, API, one worker) against the sandbox at its documented limits in real time, provisioning cut
 * to a sixtieth; beside it a plain script on the same world. Rows of the product have:
 *
 * - `makespanMs`: from the first write the sandbox took to the last target that the run itself has seen serving.
 * - `lowerBoundMs`: {@link scaleLowerBoundMs}; `ratio`: makespan over it.
 * - `throttles`: calls the sandbox refused for their number, over the whole run.
 * - `callsPerService`: requests of all phases, planning and the last check too, per target.
 * - `eventsPerService`: history events of the run's workflow, its cells and its hold, per target.
 * - `cpuMsPerService`, `rssMb`: the worker's CPU time during the run per target, its highest resident memory in MiB.
 *
 * The bound knows full buckets and nothing but one write and one look per target. The run has read every target before
 * (and so used up tokens), and each scaler looks once more before it writes.
 */
export const benchScale: Bench = async (say) => {
  const rows: Record<string, unknown>[] = [];
  for (const targets of SIZES) rows.push(...(await oneSize(targets, say)));
  say(NOT_COMPARED);
  return rows;
};

async function oneSize(
  targets: number,
  say: (text: string) => void,
): Promise<readonly Record<string, unknown>[]> {
  const fleet = scaleFleet(targets);
  const directory = await mkdtemp(join(tmpdir(), 'wedscale-bench-'));
  const [file, seasonFile] = [join(directory, 'fleet.json'), join(directory, 'season.json')];
  await writeFile(file, JSON.stringify(fleet));
  await writeFile(seasonFile, JSON.stringify(scaleSeason()));
  const service = await startDemoService({
    fleet: file,
    workers: 1,
    timeScale: 1,
    vendorCallTimeoutMs: CALL_TIMEOUT_MS,
    environment: inheritedEnvironment(),
    onProgress: () => undefined,
  });
  try {
    const world = scaleWorld(service.ready.sandbox.control);
    const product = await productRow(service.ready, world, fleet, seasonFile, say);
    return [product, await scriptRow(service.ready, world, fleet, say)];
  } finally {
    await service.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function productRow(
  ready: ServiceReady,
  world: ScaleWorld,
  fleet: Fleet,
  seasonFile: string,
  say: (text: string) => void,
): Promise<Record<string, unknown>> {
  await world.load(fleet);
  const targets = fleet.targets.length;
  const [pid] = ready.pids.workers;
  const before = await processFigures(pid ?? 0);
  const { report, events } = await oneSeason(apiClient(ready.api), fleet, seasonFile);
  const after = await processFigures(pid ?? 0);
  const unsettled = targets - new Set(settledIn(events).map(({ key }) => key)).size;
  const phases = report.phases.map(({ name, ms }) => `${name} ${ms}`).join(', ');
  say(`${targets} targets: ${report.status} after ${report.executionTimeMs} ms (${phases})`);
  if (report.status !== 'completed' || unsettled > 0) {
    throw new Error(
      `the run is ${report.status} with ${unsettled} targets unsettled: ${report.error?.message}`,
    );
  }
  const writes = await world.writes();
  const makespanMs = lastAt(settledIn(events)) - firstAt(writes);
  say(
    `  written after ${lastAt(writes) - firstAt(writes)} ms, serving after ${lastServing(fleet, writes) - firstAt(writes)} ms, seen after ${makespanMs} ms`,
  );
  const bound = scaleLowerBoundMs(fleet.targets);
  const workflows = await runEvents(ready.temporal.address, report.workflowId);
  say(`  events: ${workflows.map(({ type, events: count }) => `${type} ${count}`).join(', ')}`);
  const cpuMs = before.cpuMs === null || after.cpuMs === null ? null : after.cpuMs - before.cpuMs;
  return {
    targets,
    makespanMs,
    lowerBoundMs: Math.round(bound),
    ratio: rounded(makespanMs / bound),
    throttles: await world.throttles(),
    callsPerService: rounded((await world.calls()) / targets),
    eventsPerService: rounded(workflows.reduce((sum, { events: count }) => sum + count, 0) / targets),
    cpuMsPerService: cpuMs === null ? null : rounded(cpuMs / targets),
    rssMb: after.peakRssMb,
  };
}

/** The same world, buckets full again, without the product: the script's last target serves when the world says. */
async function scriptRow(
  ready: ServiceReady,
  world: ScaleWorld,
  fleet: Fleet,
  say: (text: string) => void,
): Promise<Record<string, unknown>> {
  await world.load(fleet);
  const targets = fleet.targets.length;
  const failed = await plainScript(ready.sandbox.aws, fleet.targets);
  const writes = await world.writes();
  const makespanMs = lastServing(fleet, writes) - firstAt(writes);
  const bound = scaleLowerBoundMs(fleet.targets);
  say(`  plain script: ${failed} of ${targets} never raised`);
  return {
    peer: 'plain script',
    targets,
    makespanMs: Math.round(makespanMs),
    lowerBoundMs: Math.round(bound),
    ratio: rounded(makespanMs / bound),
    throttles: await world.throttles(),
    callsPerService: rounded((await world.calls()) / targets),
    neverRaised: failed,
  };
}

async function oneSeason(
  api: ApiClient,
  fleet: Fleet,
  seasonFile: string,
): Promise<{ readonly report: RunReport; readonly events: readonly JournalEvent[] }> {
  await api.request('/api/fleet', { method: 'PUT', body: fleet });
  await api.request('/api/bookings', { method: 'POST', body: [scaleBooking()] });
  const { route, body } = await readRequest(seasonFile, api);
  const headers = { 'idempotency-key': randomUUID() };
  const { runId } = await api.request<{ runId: string }>(route, { method: 'POST', body, headers });
  const events: JournalEvent[] = [];
  const report = await followRun(api, runId, (event) => events.push(event));
  return { report, events };
}

function settledIn(events: readonly JournalEvent[]): readonly JournalEvent[] {
  return events.filter(({ kind }) => kind === 'settled');
}

/** When the last target serves that was written to. */
function lastServing({ targets }: Fleet, writes: readonly WorldChange[]): number {
  const tails = new Map(targets.map((target) => [resourceKey(target), tailMs(target)]));
  return writes
    .map(({ at, resource }) => Date.parse(at) + (tails.get(resource) ?? 0))
    .reduce((a, b) => Math.max(a, b), 0);
}

function resourceKey({ service, region, reference }: Fleet['targets'][number]): string {
  return [service, region, ...Object.values(reference)].join('/');
}

function firstAt(entries: readonly { readonly at: string }[]): number {
  return entries.map(({ at }) => Date.parse(at)).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function lastAt(entries: readonly { readonly at: string }[]): number {
  return entries.map(({ at }) => Date.parse(at)).reduce((a, b) => Math.max(a, b), 0);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
