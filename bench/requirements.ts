import { monitorEventLoopDelay } from 'node:perf_hooks';
import { inPlannerThread } from '../activities/planner/planner-pool.ts';
import type { Fleet } from '../domain/fleet.ts';
import type { Distribution } from '../domain/plan.ts';
import { stepWindows } from '../domain/requirements.ts';
import { eventDemand } from '../domain/sizing/event-demand.ts';
import type { LearntDemand } from '../domain/sizing/learnt-demand.ts';
import type { Bench } from './registry.ts';

const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;
const MARKETS = 20;
const WORKLOADS = 8;
const WEEKS = 26;
const YEAR_HOURS = 365 * 24;
const NOW_MS = Date.UTC(2027, 2, 1);
const STEP_DAYS = 7;
const SEED = 20_271_125;

/**
 * Phase 2 of a season of 26 weeks, 20 markets and 8 workloads, each observed for a year: forecasts and requirements in
 * the planner's threads, as the activity has them made, without its database. Everything is made up from a fixed seed.
 */
export const benchRequirements: Bench = async (say) => {
  const random = uniform(SEED);
  const fleet = fleetOf();
  const past = distributionOf(NOW_MS - YEAR_HOURS * HOUR_MS, YEAR_HOURS, random);
  const season = distributionOf(NOW_MS, WEEKS * WEEK_HOURS, random);
  const histories = fleet.workloads.flatMap((workload) =>
    past.markets.map((market) => {
      const expected = [...eventDemand(workload, market).mean];
      const values = expected.map(
        (events, hour) =>
          1.2 * events + 500 * (1 + Math.sin((hour / 24) * 2 * Math.PI)) * (0.8 + 0.4 * random()),
      );
      return {
        ...{ workload: workload.id, market: market.market, timeZone: 'Europe/London', deviation: 0.1 },
        ...{ observed: { startMs: past.fromMs, stepMs: HOUR_MS, values }, expected },
        ...{ fromMs: season.fromMs, untilMs: season.untilMs },
      };
    }),
  );
  say(
    `${histories.length} series of ${YEAR_HOURS} hours, ${season.hoursMs.length} hours to come, seed ${SEED}`,
  );
  const stop = new AbortController().signal;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const startedMs = performance.now();
  const learnt: readonly LearntDemand[] = await Promise.all(
    histories.map((history) => inPlannerThread('learn', history, stop)),
  );
  const learntMs = performance.now();
  const { json } = await inPlannerThread(
    'requirements',
    {
      ...{ distribution: season, fleet, live: {}, pastSeasons: [] },
      steps: stepWindows(season.fromMs, season.untilMs, STEP_DAYS),
      quotas: { readings: [], unread: [] },
      knowledge: { utilizationPercent: 70, learnt },
    },
    stop,
  );
  const endedMs = performance.now();
  delay.disable();
  const seconds = (ms: number) => Math.round(ms / 10) / 100;
  return [
    {
      series: histories.length,
      forecastSeconds: seconds(learntMs - startedMs),
      requirementsSeconds: seconds(endedMs - learntMs),
      totalSeconds: seconds(endedMs - startedMs),
      storedMegabytes: Math.round(json.length / 1e5) / 10,
      longestEventLoopDelayMs: Math.round(delay.max / 1e6),
    },
  ];
};

function fleetOf(): Fleet {
  const ids = Array.from({ length: MARKETS }, (_, index) => `m${index}`);
  return {
    name: 'bench',
    priceDate: '2027-01-01',
    markets: ids.map((id) => ({ id, name: id, timeZone: 'Europe/London', allowedRegions: ['r1'] })),
    workloads: Array.from({ length: WORKLOADS }, (_, index) => ({
      id: `w${index}`,
      unit: 'requests',
      demandPerUser: 0.1 * (index + 1),
    })),
    demandModel: { weddingsPerBooking: 1, usersPerGuest: 1, viewersPerGuest: 0, tierFactor: {} },
    targets: [],
    recordSets: [],
  };
}

/** Saturdays with weddings in every market, more of them in summer, each as uncertain as its size. */
function distributionOf(fromMs: number, hours: number, random: () => number): Distribution {
  const hoursMs = Array.from({ length: hours }, (_, hour) => fromMs + hour * HOUR_MS);
  const markets = Array.from({ length: MARKETS }, (_, index) => {
    const users = hoursMs.map((ms) => {
      const day = new Date(ms);
      const wedding = day.getUTCDay() === 6 && day.getUTCHours() >= 12 && day.getUTCHours() < 22;
      const summer = 1 - Math.cos(((day.getUTCMonth() + 0.5) / 12) * 2 * Math.PI);
      return wedding ? 1_000 * (index + 1) * summer * (0.5 + random()) : 0;
    });
    const none = users.map(() => 0);
    return {
      ...{ market: `m${index}`, bookings: 1_000, guests: 100_000, bookingsToCome: 0, weddingsByDay: {} },
      ...{ users, bookedUsers: users, usersVariance: users.map((count) => 100 * count), sharedSpread: 0.05 },
      usersByPhase: { preparation: none, ceremony: none, party: users, dayAfter: none },
      ...{ liveStreamUsers: none, bookedLiveStreamUsers: none, liveStreamUsersVariance: none },
      ...{ bookingsByHour: users.map(() => 1), zones: [] },
    };
  });
  return { fromMs, untilMs: fromMs + hours * HOUR_MS, hoursMs, markets, skippedBookings: 0, faults: [] };
}

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
