import { isOnTheClock, isZone, localTime, localToMs, resolveRelativeDates } from '../calendar.ts';
import { type Fleet, providerOf } from '../fleet.ts';
import type { RunKind, SeasonRequest, WeddingDayRequest } from '../season.ts';
import { type Fault, repeats, shapeFaults, textsAt, valueAt, withoutRepeats } from './fault.ts';
import { seasonRequestSchema } from './season-request.ts';
import { weddingDayRequestSchema } from './wedding-day-request.ts';

const DAY_MS = 86_400_000;
/** Longer windows are several seasons. */
const LONGEST_WINDOW_DAYS = 400;
/** Each step is planned and claimed on its own. */
const MOST_STEPS = 60;
/** Any Monday: a template is tried out on it. */
const SOME_MONDAY_MS = Date.UTC(2026, 0, 5, 12);

/** A request that may become a run, with its window as instants, or everything wrong with it. */
export type ParsedRunRequest =
  | {
      readonly ok: true;
      readonly request: SeasonRequest | WeddingDayRequest;
      /** Milliseconds since the epoch. */
      readonly startsAtMs: number;
      readonly endsAtMs: number;
    }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Checks a body's shape and meaning, and names all faults of both at once. */
export function parseRunRequest(
  kind: RunKind,
  body: unknown,
  { fleet, nowServiceMs }: { readonly fleet: Fleet; readonly nowServiceMs: number },
): ParsedRunRequest {
  const parsed = schemaOf(kind).safeParse(body);
  const shape = parsed.success ? [] : shapeFaults(parsed.error);
  const window = windowOf(kind, body, nowServiceMs);
  const meaning = [...window.faults, ...namesFaults(kind, body, fleet)];
  const faults = withoutRepeats(shape, meaning);
  if (faults.length > 0 || !parsed.success || !window.span) return { ok: false, faults };
  const [startsAtMs, endsAtMs] = window.span;
  return { ok: true, request: parsed.data as SeasonRequest | WeddingDayRequest, startsAtMs, endsAtMs };
}

/**
 * The same for the body of a schedule, whose dates may be relative and are resolved when it fires; nothing is
 * held against today. Begin and end are compared where that does not hang on the day it fires.
 */
export function parseTemplate(
  kind: RunKind,
  body: unknown,
  { fleet }: { readonly fleet: Fleet },
): { readonly ok: true } | { readonly ok: false; readonly faults: readonly Fault[] } {
  const dates = kind === 'season' ? ['season.startsAt', 'season.endsAt'] : ['weddingDay.date'];
  const resolved = onSomeDay(kind, body);
  const isDate = ({ path }: Fault) => dates.includes(path);
  const shape = [
    ...shapeOf(kind, body).filter((fault) => !isDate(fault)),
    ...shapeOf(kind, resolved).filter(isDate),
  ];
  const window = sameAnchor(dates.map((path) => valueAt(body, path)))
    ? windowOf(kind, resolved, Number.NEGATIVE_INFINITY).faults
    : dates.flatMap((path) => instantAt(resolved, path, 'season.timeZone').faults);
  const meaning = [...zoneFaults(kind, body), ...window, ...namesFaults(kind, body, fleet)];
  const faults = withoutRepeats(shape, meaning);
  return faults.length > 0 ? { ok: false, faults } : { ok: true };
}

function shapeOf(kind: RunKind, body: unknown): readonly Fault[] {
  const parsed = schemaOf(kind).safeParse(body);
  return parsed.success ? [] : shapeFaults(parsed.error);
}

/** The body as it would be on some Monday; in UTC where its own zone is at fault, which is named elsewhere. */
function onSomeDay(kind: RunKind, body: unknown): unknown {
  const part = valueAt(body, partOf(kind));
  if (typeof body !== 'object' || typeof part !== 'object') return body;
  const zone = valueAt(part, 'timeZone');
  const timeZone = typeof zone === 'string' && isZone(zone) ? zone : 'UTC';
  return resolveRelativeDates({ ...body, [partOf(kind)]: { ...part, timeZone } }, SOME_MONDAY_MS);
}

/** True when all are absolute, or all relative to the same thing: then their order is the same on every day. */
function sameAnchor(dates: readonly unknown[]): boolean {
  return new Set(dates.map((date) => /^(now|D|W)\+/.exec(String(date))?.[1] ?? '')).size === 1;
}

function schemaOf(kind: RunKind) {
  return kind === 'season' ? seasonRequestSchema : weddingDayRequestSchema;
}

function partOf(kind: RunKind): string {
  return kind === 'season' ? 'season' : 'weddingDay';
}

function zoneFaults(kind: RunKind, body: unknown): readonly Fault[] {
  const path = `${partOf(kind)}.timeZone`;
  const zone = valueAt(body, path);
  if (typeof zone !== 'string' || zone === '' || isZone(zone)) return [];
  return [{ path, message: `${zone} is no IANA time zone; write e.g. Europe/London` }];
}

interface Window {
  readonly span: readonly [fromMs: number, untilMs: number] | null;
  readonly faults: readonly Fault[];
}

function windowOf(kind: RunKind, body: unknown, nowMs: number): Window {
  const zones = zoneFaults(kind, body);
  if (zones.length > 0) return { span: null, faults: zones };
  return kind === 'season' ? seasonWindow(body, nowMs) : dayWindow(body, nowMs);
}

function seasonWindow(body: unknown, nowMs: number): Window {
  const starts = instantAt(body, 'season.startsAt', 'season.timeZone');
  const ends = instantAt(body, 'season.endsAt', 'season.timeZone');
  const faults = [...starts.faults, ...ends.faults];
  const path = 'season.endsAt';
  const past = { path, message: 'lies in the past; a season is made ready before it ends' };
  if (starts.ms === null || ends.ms === null) {
    if (ends.ms !== null && ends.ms <= nowMs) faults.push(past);
    return { span: null, faults };
  }
  const days = (ends.ms - starts.ms) / DAY_MS;
  if (days <= 0) faults.push({ path, message: 'must be after season.startsAt' });
  else if (ends.ms <= nowMs) faults.push(past);
  if (days > LONGEST_WINDOW_DAYS) {
    faults.push({
      path,
      message: `the window is ${Math.round(days)} days long; ${LONGEST_WINDOW_DAYS} are allowed`,
    });
  }
  const stepDays = valueAt(body, 'season.stepDays') ?? 7;
  if (typeof stepDays === 'number' && stepDays >= 1 && days / stepDays > MOST_STEPS) {
    const message = `cuts the window into ${Math.ceil(days / stepDays)} steps; ${MOST_STEPS} are allowed, so make it longer`;
    faults.push({ path: 'season.stepDays', message });
  }
  return { span: faults.length === 0 ? [starts.ms, ends.ms] : null, faults };
}

/** From the local midnight to the next one; planning narrows it down to the day's own events. */
function dayWindow(body: unknown, nowMs: number): Window {
  const date = valueAt(body, 'weddingDay.date');
  const zone = valueAt(body, 'weddingDay.timeZone');
  if (typeof date !== 'string' || typeof zone !== 'string') return { span: null, faults: [] };
  const path = 'weddingDay.date';
  try {
    const fromMs = localToMs(`${date}T00:00`, zone);
    const nextDate = new Date(Date.parse(`${date}T00:00Z`) + DAY_MS).toISOString().slice(0, 10);
    // Not 24 hours later: a day with a clock change has 23 or 25.
    const untilMs = localToMs(`${nextDate}T00:00`, zone);
    if (untilMs > nowMs) return { span: [fromMs, untilMs], faults: [] };
    return { span: null, faults: [{ path, message: 'lies in the past' }] };
  } catch {
    return { span: null, faults: [{ path, message: `${date} is no real day` }] };
  }
}

function instantAt(body: unknown, path: string, zonePath: string): { ms: number | null; faults: Fault[] } {
  const local = valueAt(body, path);
  const zone = valueAt(body, zonePath);
  if (typeof local !== 'string' || typeof zone !== 'string') return { ms: null, faults: [] };
  try {
    const ms = localToMs(local, zone);
    if (isOnTheClock(local, zone)) return { ms, faults: [] };
    const message = `${local} does not exist in ${zone}, a clock change skips it; write ${localTime(ms, zone)}`;
    return { ms, faults: [{ path, message }] };
  } catch (error) {
    return { ms: null, faults: [{ path, message: (error as RangeError).message }] };
  }
}

/** Everything a body names must be in the fleet, once, and fit together. */
function namesFaults(kind: RunKind, body: unknown, fleet: Fleet): readonly Fault[] {
  const markets = textsAt(body, `${partOf(kind)}.markets`);
  const targets = textsAt(body, 'targets');
  const providers = textsAt(body, 'providers');
  const regions = textsAt(body, 'complianceRequirements.excludedRegions');
  const rules = valueAt(body, 'alertingRules');
  const ruleNames = (Array.isArray(rules) ? rules : []).flatMap((rule: unknown, index) => {
    const text = valueAt(rule, 'name');
    return typeof text === 'string' ? [{ path: `alertingRules.${index}.name`, text }] : [];
  });
  const marketIds = fleet.markets.map((market) => market.id);
  const regionIds = [...new Set(fleet.targets.map((target) => target.region))].toSorted();
  return [
    ...unknown(markets, marketIds, 'market'),
    ...unknown(
      targets,
      fleet.targets.map((target) => target.id),
      'target',
    ),
    ...unknown(regions, regionIds, 'region with targets'),
    ...repeats(markets),
    ...repeats(targets),
    ...repeats(providers),
    ...repeats(regions),
    ...repeats(textsAt(body, 'monitoringStrategy.platforms')),
    ...repeats(ruleNames),
    ...outOfScope(
      targets,
      markets.map((market) => market.text),
      providers.map((provider) => provider.text),
      fleet,
    ),
  ];
}

function unknown(
  texts: readonly { readonly path: string; readonly text: string }[],
  known: readonly string[],
  what: string,
): readonly Fault[] {
  const some = known.length > 12 ? `${known.slice(0, 12).join(', ')}, ...` : known.join(', ');
  return texts
    .filter(({ text }) => text !== '' && !known.includes(text))
    .map(({ path, text }) => ({
      path,
      message: `${text} is no ${what} of the fleet; it has ${some || 'none'}`,
    }));
}

/** A named target that the rest of the request leaves out would be named for nothing. */
function outOfScope(
  targets: readonly { readonly path: string; readonly text: string }[],
  markets: readonly string[],
  providers: readonly string[],
  fleet: Fleet,
): readonly Fault[] {
  return targets.flatMap(({ path, text }) => {
    const target = fleet.targets.find((candidate) => candidate.id === text);
    if (!target) return [];
    if (markets.length > 0 && !target.markets.some((market) => markets.includes(market))) {
      return [
        { path, message: `${text} serves ${target.markets.join(', ')} and none of the markets asked for` },
      ];
    }
    if (providers.length > 0 && !providers.includes(providerOf(target.service))) {
      return [{ path, message: `${text} is not of one of the providers asked for` }];
    }
    return [];
  });
}
