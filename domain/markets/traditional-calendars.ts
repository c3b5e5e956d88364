import type { CivilDay } from './civil-day.ts';

/** Calendars that ICU knows, by their Unicode names. */
export type TraditionalCalendar = 'chinese' | 'dangi' | 'islamic-umalqura';

/** A day in a traditional calendar. */
export interface TraditionalDate {
  readonly month: number;
  readonly day: number;
  /** True in a month put in to keep up with the sun. */
  readonly leapMonth: boolean;
}

const DAY_MS = 86_400_000;
const NOON_MS = DAY_MS / 2;
const formats = new Map<TraditionalCalendar, Intl.DateTimeFormat>();
const known = new Map<string, TraditionalDate>();

/**
 * Month and day of a calendar day, by ICU. The Japanese lunar calendar is taken as the Chinese: they differ only
 * where a new moon falls between the midnights of Beijing and Tokyo.
 */
export function traditionalDate(calendar: TraditionalCalendar, day: CivilDay): TraditionalDate {
  const key = `${calendar} ${day}`;
  const before = known.get(key);
  if (before) return before;
  const parts = formatOf(calendar).formatToParts(day * DAY_MS + NOON_MS);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  const month = part('month');
  const date = {
    month: Number.parseInt(month, 10),
    day: Number.parseInt(part('day'), 10),
    leapMonth: month.endsWith('bis'),
  };
  known.set(key, date);
  return date;
}

function formatOf(calendar: TraditionalCalendar): Intl.DateTimeFormat {
  const before = formats.get(calendar);
  if (before) return before;
  const fields = { month: 'numeric', day: 'numeric' } as const;
  const format = new Intl.DateTimeFormat(`en-u-ca-${calendar}`, { timeZone: 'UTC', ...fields });
  formats.set(calendar, format);
  return format;
}

/** The six days of the Japanese almanac, in the order in which they follow each other from the day after taian. */
const ROKUYO = ['taian', 'shakko', 'sensho', 'tomobiki', 'senbu', 'butsumetsu'] as const;

/** One of the six days. */
export type Rokuyo = (typeof ROKUYO)[number];

/** Rokuyo of a calendar day: by the sum of month and day of the lunar calendar, over six. */
export function rokuyoOf(day: CivilDay): Rokuyo {
  const { month, day: dayOfMonth } = traditionalDate('chinese', day);
  return ROKUYO[(month + dayOfMonth) % ROKUYO.length] ?? 'taian';
}
