import type { ResolvedBooking } from '../../domain/booking.ts';
import { analyseDistribution } from '../../domain/distribution.ts';
import type { DemandModel } from '../../domain/fleet.ts';
import { calculateRequirements, stepWindows } from '../../domain/requirements.ts';
import { bookingRows, resolvedOn } from './bookings.ts';
import { type Area, MARKETS } from './markets.ts';
import { WORKLOADS } from './workloads.ts';

/**
 * What the season's peak stands for, in concurrent users. It moves by a few per cent with the day the sample is
 * used on, because clocks change and Asia's week begins on Europe's Sunday: a million at least on every day.
 */
const PEAK_USERS = 1_070_000;
/** Any day will do: dates are relative. */
const SOME_DAY_MS = Date.UTC(2026, 10, 24, 10);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SEASON = { fromMs: SOME_DAY_MS + HOUR_MS, untilMs: SOME_DAY_MS + 28 * DAY_MS };
const STEP_DAYS = 14;

/** What the season of the sample asks of a fleet. */
export interface SampleDemand {
  readonly demandModel: DemandModel;
  /** Most that an area's markets ask of a workload in one hour, in its unit per second. */
  peakOf(area: Area, workload: string): number;
}

/** Bookings stand for as many weddings as make the peak; one digit is enough. */
export async function sampleDemand(): Promise<SampleDemand> {
  const bookings = resolvedOn(SOME_DAY_MS, bookingRows());
  // Users are linear in the sampling factor, so one look gives it.
  const once = await distributionOf(bookings, demandModelOf(1));
  const users = once.hoursMs.map((_, hour) =>
    once.markets.reduce((sum, market) => sum + (market.users[hour] ?? 0), 0),
  );
  const demandModel = demandModelOf(Math.round((PEAK_USERS / Math.max(...users)) * 10) / 10);
  const { steps, demands } = calculateRequirements(
    await distributionOf(bookings, demandModel),
    stepWindows(SEASON.fromMs, SEASON.untilMs, STEP_DAYS),
    { workloads: WORKLOADS },
    {},
    [],
  );
  return {
    demandModel,
    peakOf(area, workload) {
      const markets = MARKETS.filter((market) => market.area === area).map((market) => market.id);
      const mine = demands.filter((one) => one.workload === workload && markets.includes(one.market));
      const hours = steps.flatMap(({ step, hoursMs }) => {
        const inStep = mine.filter((one) => one.step === step);
        return hoursMs.map((_, hour) => inStep.reduce((sum, one) => sum + (one.demandByHour[hour] ?? 0), 0));
      });
      return Math.max(...hours);
    },
  };
}

function demandModelOf(weddingsPerBooking: number): DemandModel {
  return {
    weddingsPerBooking,
    usersPerGuest: 0.6,
    viewersPerGuest: 1.5,
    tierFactor: { standard: 1, premium: 1.2, royal: 1.5 },
    bookingCurve: 'market',
  };
}

function distributionOf(bookings: readonly ResolvedBooking[], demandModel: DemandModel) {
  const markets = MARKETS.map(({ id, timeZone }) => ({ id, timeZone }));
  return analyseDistribution(bookings, { ...SEASON, markets, demandModel, asOfMs: SOME_DAY_MS });
}
