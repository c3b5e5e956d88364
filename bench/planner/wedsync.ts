import { forecastSeries } from '../../domain/forecast/series-forecast.ts';
import type { Method } from './methods.ts';
import { SCORED_QUANTILES } from './scoring.ts';

/** The planner's own forecast. It has nothing to tune: what it weighs, it weighs by its own past errors. */
export const wedsync: Method<null> = {
  name: 'wedsync',
  settings: [null],
  forecast: ({ load, events, timeZone }, origins) =>
    origins.flatMap(({ from, until }) => {
      const { startMs, stepMs } = load;
      const forecast = forecastSeries({
        history: { startMs, stepMs, values: load.values.slice(0, from) },
        events,
        timeZone,
        fromMs: startMs + from * stepMs,
        untilMs: startMs + until * stepMs,
        quantiles: SCORED_QUANTILES,
      });
      return forecast.values;
    }),
};
