import type { Rokuyo, TraditionalCalendar } from './traditional-calendars.ts';

/**
 * What moves weddings to or from certain days, as a factor on the weight such a day has by its month and weekday.
 * A market has several at once and their factors multiply.
 */
export type CalendarRule =
  | ({ readonly kind: 'published'; readonly concentration: number } & Basis)
  | ({ readonly kind: 'yearly'; readonly from: string; readonly until: string } & Factor)
  | ({
      readonly kind: 'traditional';
      readonly calendar: TraditionalCalendar;
      /** Month of that calendar; `leap` for any leap month. */
      readonly month: number | 'leap';
      /** Day of the month; left out for all of it. */
      readonly day?: number;
    } & Factor)
  | ({ readonly kind: 'rokuyo'; readonly factors: Readonly<Record<Rokuyo, number>> } & Basis)
  | ({ readonly kind: 'public-holidays'; readonly weekdayFactor: number } & Basis);

interface Basis {
  /** `evidenced`: from a published figure, named. `assumed`: that there is such an effect is known, its size is not. */
  readonly quality: 'evidenced' | 'assumed';
  readonly basis: string;
}

interface Factor extends Basis {
  readonly factor: number;
}

/** Shares of ceremonies by rokuyo in greater Tokyo, 2015 (Zexy), of those that gave one. */
const ROKUYO_SHARES: Readonly<Record<Rokuyo, number>> = {
  taian: 0.246,
  tomobiki: 0.129,
  sensho: 0.115,
  butsumetsu: 0.108,
  senbu: 0.098,
  shakko: 0.081,
};

function relative<K extends string>(shares: Readonly<Record<K, number>>): Readonly<Record<K, number>> {
  const entries = Object.entries<number>(shares);
  const mean = entries.reduce((sum, [, share]) => sum + share, 0) / entries.length;
  return Object.fromEntries(entries.map(([name, share]) => [name, share / mean])) as Record<K, number>;
}

/** In a market without a rule of its own a holiday is a better day for a wedding than the weekday it falls on. */
const HOLIDAYS: CalendarRule = {
  ...{ kind: 'public-holidays', weekdayFactor: 1.5, quality: 'assumed' },
  basis: 'guests are free; how much it counts is not evidenced',
};

const NO_WEDDINGS_AT_CHRISTMAS: CalendarRule = {
  ...{ kind: 'yearly', from: '12-25', until: '12-26', factor: 0.003, quality: 'evidenced' },
  basis: '1 to 3 weddings on 25 and 26 December 2022 and 2023, of 615 on an average day (ONS)',
};

const RAMADAN = { kind: 'traditional', calendar: 'islamic-umalqura', month: 9, factor: 0.5 } as const;

const RULES: Readonly<Record<string, readonly CalendarRule[]>> = {
  ae: [
    {
      ...RAMADAN,
      quality: 'evidenced',
      basis: 'Dubai contracts: 341 in March 2025 (Ramadan), 766 the month before',
    },
    HOLIDAYS,
  ],
  cn: [
    {
      ...{ kind: 'published', concentration: 0.5, quality: 'assumed' },
      basis: 'almanac lists of low quality that contradict each other',
    },
    {
      ...{ kind: 'traditional', calendar: 'chinese', month: 7, day: 7, factor: 4, quality: 'assumed' },
      basis: 'surges on Qixi in 2022, 2023 and 2025 (registrations by province; the usual day is not known)',
    },
    {
      ...{ kind: 'yearly', from: '05-20', until: '05-20', factor: 4, quality: 'assumed' },
      basis: 'surges on 20 May in 2022 and 2023 (registrations in Guangdong; the usual day is not known)',
    },
    HOLIDAYS,
  ],
  'gb-england-wales': [NO_WEDDINGS_AT_CHRISTMAS, HOLIDAYS],
  in: [
    {
      ...{ kind: 'published', concentration: 0.85, quality: 'assumed' },
      basis: 'weddings cluster on the dates of a panchang far more than on weekends',
    },
    {
      ...{ kind: 'yearly', from: '12-16', until: '01-14', factor: 0.1, quality: 'assumed' },
      basis: 'Kharmas, published for 2024-12-16 and 2025-12-16; its size is not evidenced',
    },
    {
      ...{ kind: 'yearly', from: '03-14', until: '04-13', factor: 0.1, quality: 'assumed' },
      basis: 'Kharmas, published for 2025-03-14 to 2025-04-13; its size is not evidenced',
    },
    {
      ...{ kind: 'yearly', from: '07-15', until: '10-31', factor: 0.1, quality: 'assumed' },
      basis:
        'Chaturmas, published until 2025-11-01; its begin moves with the moon and its size is not evidenced',
    },
  ],
  jp: [
    {
      ...{ kind: 'rokuyo', factors: relative(ROKUYO_SHARES), quality: 'evidenced' },
      basis: 'ceremonies by rokuyo, greater Tokyo, Zexy 2015',
    },
    {
      ...{ kind: 'public-holidays', weekdayFactor: 5.6, quality: 'evidenced' },
      basis: 'greater Tokyo, Zexy 2015: 0.036 on about 13 holidays, 0.121 on about 245 other weekdays',
    },
  ],
  kr: [
    {
      ...{ kind: 'traditional', calendar: 'dangi', month: 'leap', factor: 0.7, quality: 'assumed' },
      basis: 'a leap month is avoided (Statistics Korea as reported); its size is not evidenced',
    },
    HOLIDAYS,
  ],
  nl: [
    {
      ...{ kind: 'yearly', from: '02-14', until: '02-14', factor: 3, quality: 'evidenced' },
      basis: '293 weddings on 14 February 2023, nearly three times a Tuesday of that month (CBS)',
    },
    HOLIDAYS,
  ],
  nz: [
    {
      ...{ kind: 'yearly', from: '02-14', until: '02-14', factor: 2.6, quality: 'evidenced' },
      basis: '651 weddings on a Saturday 14 February, 249 on an average one (2000 to 2015)',
    },
    HOLIDAYS,
  ],
  tr: [
    {
      ...{ ...RAMADAN, quality: 'evidenced' },
      basis: 'July 2013 with 23 days of Ramadan had 0.076 of the year, 0.119 on average (TUIK)',
    },
    HOLIDAYS,
  ],
};

/** The rules of a market of `MARKET_EVIDENCE`. */
export function calendarRulesOf(marketId: string): readonly CalendarRule[] {
  return RULES[marketId] ?? [HOLIDAYS];
}
