import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { CalendarEvent, LoadHistory } from '../../domain/forecast/series-forecast.ts';

/** Kinds that nobody can know ahead: hidden from every method, and no event hours. */
export const UNKNOWABLE_KINDS: ReadonlySet<string> = new Set(['weather', 'news', 'celebration', 'record']);

/** A series to judge methods on, with its events known ahead. */
export interface BenchSeries {
  readonly name: string;
  readonly load: LoadHistory;
  readonly events: readonly CalendarEvent[];
  readonly timeZone: string;
}

/**
 * Reads `timestamp,value` and `start,end,kind,intensity` (UTC, csv or csv.gz). The step is the commonest distance
 * between two rows; what is absent from the file, blank, negative or no number is a gap.
 * @throws Error for a file without two rows, naming it.
 */
export async function readSeries(
  name: string,
  seriesFile: string,
  eventsFile: string | undefined,
  timeZone: string,
): Promise<BenchSeries> {
  const load = gridded(await rowsOf(seriesFile), seriesFile);
  const events = eventsFile === undefined ? [] : eventsOf(await rowsOf(eventsFile), eventsFile);
  return { name, load, events: events.filter((event) => !UNKNOWABLE_KINDS.has(event.kind)), timeZone };
}

/** Name of a series that is given by its file alone. */
export function nameOf(seriesFile: string): string {
  return basename(seriesFile).replace(/\.csv(\.gz)?$/, '');
}

type Row = Readonly<Record<string, string>>;

async function rowsOf(file: string): Promise<readonly Row[]> {
  const bytes = await readFile(file);
  const text = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  return parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true });
}

function gridded(rows: readonly Row[], file: string): LoadHistory {
  const points = rows
    .map((row) => ({ ms: instant(row.timestamp), value: numberOrNull(row.value) }))
    .filter((point) => Number.isFinite(point.ms))
    .sort((a, b) => a.ms - b.ms);
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || first.ms === last.ms)
    throw new Error(`${file} has no two rows of timestamp,value with different times`);
  const stepMs = commonestStep(points.map((point) => point.ms));
  const values = Array.from<number | null>({ length: Math.round((last.ms - first.ms) / stepMs) + 1 }).fill(
    null,
  );
  for (const point of points) values[Math.round((point.ms - first.ms) / stepMs)] = point.value;
  return { startMs: first.ms, stepMs, values };
}

function commonestStep(instants: readonly number[]): number {
  const counts = new Map<number, number>();
  instants.forEach((ms, i) => {
    const step = ms - (instants[i - 1] ?? ms);
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  });
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0])[0];
}

function eventsOf(rows: readonly Row[], file: string): readonly CalendarEvent[] {
  return rows.map((row, i) => {
    const [startMs, endMs] = [instant(row.start), instant(row.end)];
    if (!(endMs > startMs)) throw new Error(`${file}: event ${i + 1} has no start before its end`);
    return { startMs, endMs, kind: row.kind ?? '', intensity: numberOrNull(row.intensity) };
  });
}

/** A time without an offset is UTC, whatever zone the machine is in. */
function instant(text = ''): number {
  const iso = text.replace(' ', 'T');
  const dateOnly = /^\d{4}-\d\d-\d\d$/.test(iso);
  return Date.parse(dateOnly || /(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
}

function numberOrNull(text = ''): number | null {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}
