import { contentHash } from '../../domain/canonical.ts';
import { forecastSeries } from '../../domain/forecast/series-forecast.ts';
import { DAY_MS, HOUR_MS, loadSeries, MONDAY_MS } from './load-series.ts';

/** Prints the hash of a forecast with events past and to come; a process of its own, for its zone. */
const events = [10, 21].map((day) => ({
  startMs: MONDAY_MS + day * DAY_MS + 14 * HOUR_MS,
  endMs: MONDAY_MS + day * DAY_MS + 17 * HOUR_MS,
  kind: 'match',
  intensity: 1,
}));
const history = loadSeries({ days: 21, events });
const fromMs = history.startMs + history.values.length * history.stepMs;
const quantiles = [0.5, 0.95];
const window = { fromMs, untilMs: fromMs + 2 * DAY_MS, timeZone: 'Asia/Kolkata', quantiles };
console.log(contentHash(forecastSeries({ history, events, ...window })));
