import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { sql } from 'kysely';
import { usesNetwork } from '../domain/allocation/network.ts';
import {
  type AllocationInput,
  allocate,
  compareAlternatives,
  selectedTargetIds,
} from '../domain/allocation.ts';
import { localDate } from '../domain/calendar.ts';
import { contentHash } from '../domain/canonical.ts';
import {
  CELEBRATION_AFTER_MS,
  EVENT_AFTER_MS,
  EVENT_BEFORE_MS,
} from '../domain/distribution/wedding-shape.ts';
import { analyseDistribution } from '../domain/distribution.ts';
import { cellOf, type Fleet, unitPrice } from '../domain/fleet.ts';
import { lessonsOf } from '../domain/hindsight/correction.ts';
import { floorOf, type OwnedFields } from '../domain/owned-fields.ts';
import type { Distribution, Infeasibility, Plan, PlanContent, Requirements } from '../domain/plan.ts';
import { stepWindows } from '../domain/requirements.ts';
import { marketsOf, type RunRequest } from '../domain/season.ts';
import { transferPriceOrigin } from '../domain/tables/egress.ts';
import { latencyFit } from '../domain/tables/latency.ts';
import { NETWORK_TABLES } from '../domain/tables/network-facts.ts';
import { bookingsHash, readBookingsBetween } from '../store/bookings.ts';
import { currentFleet } from '../store/fleet.ts';
import { wholeHindsight } from '../store/hindsight.ts';
import { observedPeak } from '../store/observations.ts';
import { getPlan, savePlan } from '../store/plans.ts';
import { withdrawQuestion } from '../store/questions.ts';
import { runRequest, runRow } from '../store/run-context.ts';
import { askPerson } from './attention.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';
import { execute } from './execution.ts';
import { freshHindsight } from './hindsight.ts';
import { learnFromObservations } from './planner/learning.ts';
import { inPlannerThread } from './planner/planner-pool.ts';
import { solveInThreads } from './planner/solver-pool.ts';
import { readQuotas } from './quotas.ts';
import { inPortions } from './reading.ts';
import { placesOf } from './runs.ts';
import type { VendorWatch } from './vendor-watch.ts';

/** A read that fails this often is no blink of the network: about 15 s with the retry intervals of reads. */
const ASK_AT_ATTEMPT = 5;
/** What the question is about while a plan waits for a read. */
const PLAN_WAITS = 'regional-requirements';

/** What came of phase 3. */
export type AllocationOutcome =
  | {
      readonly status: 'planned';
      readonly planId: string;
      readonly hourlyUsd: { readonly before: number; readonly after: number };
      readonly providers: readonly string[];
      readonly regions: readonly string[];
      readonly summary: unknown;
    }
  | {
      readonly status: 'infeasible';
      readonly constraints: readonly Infeasibility[];
      /** Constraints in conflict, none of which can be left out, and the cheapest way out, in words. */
      readonly conflict?: string;
    };

/** Activities of phases 1 to 3. All are idempotent; none changes anything outside our own store. */
export function createPlanningActivities(deps: ActivityDependencies) {
  const { db } = deps;
  return {
    /** Phase 1: users per market and hour, from the bookings of the window and those still expected. */
    async analyseWeddingDistribution({ runId }: { readonly runId: string }): Promise<{ summary: unknown }> {
      const { fleet } = await fleetInForce(deps);
      const run = await runRequest(db, runId);
      const { fromMs, untilMs } = await windowOf(deps, runId, run);
      const bookings = readBookingsBetween(db, fromMs - EVENT_AFTER_MS, untilMs + EVENT_BEFORE_MS);
      const distribution = await analyseDistribution(bookings, {
        fromMs,
        untilMs,
        markets: fleet.markets,
        demandModel: fleet.demandModel,
        asOfMs: serviceNowMs(deps),
      });
      await db
        .updateTable('runs')
        .set({
          distribution: JSON.stringify(distribution),
          starts_at: new Date(fromMs),
          ends_at: new Date(untilMs),
        })
        .where('id', '=', runId)
        .execute();
      return { summary: distributionSummary(distribution) };
    },

    /**
     * Phase 2: demand per workload, market and step, from bookings and what observations taught, beside what runs
     * now and what quotas leave, freshly read.
     */
    async calculateRegionalRequirements({
      runId,
    }: {
      readonly runId: string;
    }): Promise<{ summary: unknown }> {
      return execute(deps, runId, 'planning', async ({ watch, stop }) => {
        const { fleet } = await fleetInForce(deps);
        const row = await runRow(db, runId);
        const run = await runRequest(db, runId);
        const stepDays = run.kind === 'season' ? run.request.season.stepDays : Number.POSITIVE_INFINITY;
        const steps = stepWindows(row.starts_at.getTime(), row.ends_at.getTime(), stepDays);
        const selected = selectedTargetIds(fleet, run.request, marketsOf(run));
        const changeable = fleet.targets.filter((target) => selected.has(target.id));
        const reads = Promise.all([
          readLive(deps, fleet, selected, watch.call),
          readQuotas(deps, changeable, watch.call),
        ]);
        const [live, quotas] = await reads.catch(async (error: unknown) => {
          await askWhenRepeated(deps, runId, error);
          throw error;
        });
        await withdrawQuestion(db, runId, PLAN_WAITS);
        const past =
          run.kind === 'season' ? await pastSeasons(deps, fleet, runId, run.request.season.id) : [];
        const distribution = row.distribution as Distribution;
        const learnt = await learnFromObservations(deps, fleet, distribution, stop);
        const knowledge = { ...run.request.performanceTargets, learnt };
        const input = { distribution, steps, fleet, live, quotas, pastSeasons: past, knowledge };
        const { json, summary } = await inPlannerThread('requirements', input, stop);
        await db.updateTable('runs').set({ requirements: json }).where('id', '=', runId).execute();
        return { summary };
      });
    },

    /** Phase 3: the cheapest floors that carry the demand, as an immutable plan; or what stands in the way. */
    async allocateAcrossClouds({ runId }: { readonly runId: string }): Promise<AllocationOutcome> {
      const { fleet } = await fleetInForce(deps);
      const stored = await storedPlan(deps, runId);
      if (stored) return outcomeOf(stored, fleet);
      const row = await runRow(db, runId);
      const run = await runRequest(db, runId);
      const allocation: AllocationInput = {
        distribution: row.distribution as Distribution,
        requirements: row.requirements as Requirements,
        fleet,
        settings: run.request,
        markets: marketsOf(run),
        inputs: await currentInputs(deps, runId),
        nowMs: serviceNowMs(deps),
        network: NETWORK_TABLES,
      };
      const outcome = await allocate(allocation, solveInThreads);
      if (outcome.status === 'infeasible')
        return {
          status: 'infeasible',
          constraints: outcome.infeasibilities,
          ...(outcome.conflict && { conflict: outcome.conflict.text }),
        };
      const alternatives = await compareAlternatives(allocation, solveInThreads);
      const content: PlanContent = { ...outcome.content, alternatives };
      const plan: Plan = { id: contentHash(content), content };
      await savePlan(db, plan, runId);
      return outcomeOf(plan, fleet);
    },
  };
}

/** Hashes of everything a plan depends on, as it is now; live capacity is none of them. */
export async function currentInputs(
  deps: ActivityDependencies,
  runId: string,
): Promise<PlanContent['inputs']> {
  const { fleet, hash } = await fleetInForce(deps);
  const row = await runRow(deps.db, runId);
  const fromMs = row.starts_at.getTime() - EVENT_AFTER_MS;
  const untilMs = row.ends_at.getTime() + EVENT_BEFORE_MS;
  const prices = Object.fromEntries(fleet.targets.map((target) => [target.id, unitPrice(target)]));
  // The tables are the same until they are made anew, which their days and fit tell.
  const network = usesNetwork(fleet) ? { latency: latencyFit(), transfer: transferPriceOrigin() } : null;
  return {
    request: contentHash(row.request),
    bookings: await bookingsHash(deps.db, fromMs, untilMs),
    fleet: hash,
    prices: contentHash(network ? { prices, network } : prices),
  };
}

async function fleetInForce(
  deps: ActivityDependencies,
): Promise<{ readonly fleet: Fleet; readonly hash: string }> {
  const stored = await currentFleet(deps.db);
  if (stored) return stored;
  throw ApplicationFailure.nonRetryable('there is no fleet; import one, then start again', 'NoFleet');
}

/**
 * A season's window is given; a wedding day's is that of its own events, with the buffer around them. Uploads of the
 * day after are left to a season: with them a wedding day's capacity would be held for a day longer at its peak.
 */
async function windowOf(
  deps: ActivityDependencies,
  runId: string,
  run: RunRequest,
): Promise<{ readonly fromMs: number; readonly untilMs: number }> {
  const row = await runRow(deps.db, runId);
  const fromMs = row.starts_at.getTime();
  const untilMs = row.ends_at.getTime();
  if (run.kind === 'season' || row.distribution !== null) return { fromMs, untilMs };
  const { markets, bookingId, bufferMinutes, date, timeZone } = run.request.weddingDay;
  const begins: number[] = [];
  for await (const booking of readBookingsBetween(deps.db, fromMs, untilMs)) {
    // A run that applies a stored plan begins with that plan's window, which may reach into other days.
    if (!markets.includes(booking.market) || localDate(booking.startsAtMs, timeZone) !== date) continue;
    if (bookingId === undefined || booking.id === bookingId) begins.push(booking.startsAtMs);
  }
  if (begins.length === 0) {
    const what = bookingId === undefined ? `no booking of ${markets.join(', ')}` : `no booking ${bookingId}`;
    throw ApplicationFailure.nonRetryable(`there is ${what} on ${date}; nothing was changed`, 'NoBookings');
  }
  const bufferMs = bufferMinutes * 60_000;
  return {
    fromMs: begins.reduce((a, b) => Math.min(a, b)) - EVENT_BEFORE_MS - bufferMs,
    untilMs: begins.reduce((a, b) => Math.max(a, b)) + CELEBRATION_AFTER_MS + bufferMs,
  };
}

/** A vendor that cannot be read is waited for; after some attempts a person is told what the plan waits for. */
async function askWhenRepeated(deps: ActivityDependencies, runId: string, error: unknown): Promise<void> {
  if (Context.current().info.attempt < ASK_AT_ATTEMPT) return;
  const message =
    'the plan waits for a read of what runs now and of quotas, which is tried again until it succeeds: ' +
    `${error instanceof Error ? error.message : String(error)}. Cancel the run to stop waiting.`;
  await askPerson(deps, runId, { resource: PLAN_WAITS, topic: 'unreadable', message });
}

/**
 * Live units of every target. One that the request does not select counts with its pre-state only: what
 * another run's claim holds up there goes away with that run.
 */
async function readLive(
  deps: ActivityDependencies,
  fleet: Fleet,
  selected: ReadonlySet<string>,
  call: VendorWatch['call'],
): Promise<Requirements['live']> {
  const owed = await preStates(deps);
  const groups = Map.groupBy(fleet.targets, ({ service, region }) => `${service} ${region}`);
  const read = await Promise.all(
    [...groups.values()].map(async (targets) => {
      const scaler = await deps.adapters.scaler(targets[0]?.service ?? '');
      return inPortions(scaler, targets, (portion) => call((signal) => scaler.read(portion, signal)));
    }),
  );
  return Object.fromEntries(
    read.flatMap((states) =>
      [...states].map(([id, state]) => {
        const before = owed.get(id);
        const floorUnits = before && !selected.has(id) ? floorOf(before) : floorOf(state.owned);
        return [id, { floorUnits, servingUnits: state.servingUnits }];
      }),
    ),
  );
}

async function preStates(deps: ActivityDependencies): Promise<ReadonlyMap<string, OwnedFields>> {
  const rows = await deps.db
    .selectFrom('targets')
    .select(['id', 'pre_state'])
    .where('kind', '=', 'scaling')
    .where('pre_state', 'is not', null)
    .execute();
  return new Map(rows.map((row) => [row.id, row.pre_state as OwnedFields]));
}

/** Seasons of one id that a forecast learns from, the newest. */
const MOST_PAST_SEASONS = 10;

/** What earlier seasons under the same id planned for at most, and what they then saw, newest first. */
async function pastSeasons(
  deps: ActivityDependencies,
  fleet: Fleet,
  runId: string,
  seasonId: string,
): Promise<Requirements['pastSeasons']> {
  const { db } = deps;
  const rows = await deps.db
    .selectFrom('runs')
    .select(['id', 'request', 'requirements', 'starts_at', 'ends_at'])
    .where('kind', '=', 'season')
    .where('dry_run', '=', false)
    .where('id', '<>', runId)
    .where('status', 'in', ['completed', 'partial'])
    .where('requirements', 'is not', null)
    .where(sql<string>`request->'season'->>'id'`, '=', seasonId)
    .orderBy('created_at', 'desc')
    .limit(MOST_PAST_SEASONS)
    .execute();
  const past = await Promise.all(
    rows.map(async (row) => {
      const demands = Map.groupBy((row.requirements as Requirements).demands, (demand) => demand.workload);
      // What cannot be scored anew counts as it was kept: a plan does not wait for the past.
      const hindsight = await freshHindsight(deps, row.id).catch(() => wholeHindsight(db, row.id));
      const marketIds = fleet.markets.map(({ id }) => id);
      return Promise.all(
        [...demands].map(async ([workload, group]) => {
          const targets = fleet.targets.filter((target) => target.workload === workload).map(({ id }) => id);
          const observedDemand = await observedPeak(deps.db, targets, row.starts_at, row.ends_at);
          const lessons = lessonsOf(hindsight, workload, marketIds);
          return { runId: row.id, workload, peakDemand: plannedPeak(group), observedDemand, lessons };
        }),
      );
    }),
  );
  return past.flat();
}

/** Highest sum over markets of what was expected, without what had been learnt of seasons before. */
function plannedPeak(demands: Requirements['demands']): number {
  const bySteps = [...Map.groupBy(demands, (demand) => demand.step).values()];
  const peaks = bySteps.flatMap((group) =>
    (group[0]?.demandByHour ?? []).map((_, hour) =>
      group.reduce((sum, one) => {
        const expected = (one.meanByHour ?? one.demandByHour)[hour] ?? 0;
        return sum + expected / (one.pastSeasonFactor ?? 1);
      }, 0),
    ),
  );
  return peaks.reduce((a, b) => Math.max(a, b), 0);
}

/** The plan a request named, as long as it is still what the same inputs would give. */
async function storedPlan(deps: ActivityDependencies, runId: string): Promise<Plan | null> {
  const row = await runRow(deps.db, runId);
  const stored = row.plan_id === null ? null : await getPlan(deps.db, row.plan_id);
  if (!stored || stored.createdByRun === runId) return null;
  if (stored.content.standIn) {
    const message = `plan ${stored.id} is a fallback of run ${stored.createdByRun} and of no other; plan again`;
    throw ApplicationFailure.nonRetryable(message, 'PlanOutdated');
  }
  if (serviceNowMs(deps) > stored.content.validUntilMs) {
    throw ApplicationFailure.nonRetryable(`plan ${stored.id} has expired; plan again`, 'PlanOutdated');
  }
  const inputs = await currentInputs(deps, runId);
  const names = ['request', 'bookings', 'fleet', 'prices'] as const;
  const changed = names.filter((name) => inputs[name] !== stored.content.inputs[name]);
  if (changed.length > 0) {
    const message = `${changed.join(', ')} changed since plan ${stored.id} was made; plan again`;
    throw ApplicationFailure.nonRetryable(message, 'PlanOutdated', { changed });
  }
  return { id: stored.id, content: stored.content };
}

function outcomeOf(plan: Plan, fleet: Fleet): AllocationOutcome & { readonly status: 'planned' } {
  const { cost, floors, steps, cells } = plan.content;
  const planned = new Set(floors.map((floor) => floor.targetId));
  const targets = fleet.targets.filter((target) => planned.has(target.id));
  return {
    status: 'planned',
    planId: plan.id,
    hourlyUsd: { before: cost.hourlyUsdBefore, after: cost.hourlyUsdAfter },
    ...placesOf(targets),
    summary: {
      planId: plan.id,
      steps: steps.length,
      cells: cells.length,
      targets: planned.size,
      markets: [...new Set(targets.flatMap((target) => target.markets))].toSorted(),
      cellsByProvider: countBy(targets.map((target) => cellOf(target).provider)),
      cost,
    },
  };
}

function distributionSummary(distribution: Distribution): unknown {
  const { markets, hoursMs, skippedBookings, fromMs, untilMs, faults } = distribution;
  return {
    from: new Date(fromMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    bookings: markets.reduce((total, market) => total + market.bookings, 0),
    bookingsToCome: Math.round(markets.reduce((total, market) => total + market.bookingsToCome, 0)),
    skippedBookings,
    markets: markets.map(({ market, bookings, bookingsToCome, guests, users, bookedUsers }) => {
      const peakUsers = users.reduce((a, b) => Math.max(a, b), 0);
      const hour = users.indexOf(peakUsers);
      const peakAtMs = hoursMs[hour];
      const peakAt = peakAtMs === undefined || peakUsers === 0 ? null : new Date(peakAtMs).toISOString();
      return {
        ...{ market, bookings, bookingsToCome: Math.round(bookingsToCome), guests },
        ...{ peakUsers: Math.round(peakUsers), peakBookedUsers: Math.round(bookedUsers[hour] ?? 0), peakAt },
      };
    }),
    faults,
  };
}

function countBy(values: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...Map.groupBy(values, (value) => value)].map(([name, all]) => [name, all.length]),
  );
}
