/**
 * Lists of days on which weddings are said to be lucky, as published; derived from the table
 * `weddings/seasonality.json` of public figures (read in August 2026; dates are facts, the pages are named). They
 * contradict each other by region and astrologer, so each stands alone.
 */
export interface PublishedCalendar {
  /** Id of the market in `MARKET_EVIDENCE`. */
  readonly market: string;
  readonly calendar: string;
  /** Whether a day of its time that it does not name is an unlucky one; false for a list of examples. */
  readonly complete: boolean;
  /** First and last day it speaks of, `YYYY-MM-DD`. */
  readonly from: string;
  readonly until: string;
  readonly source: string;
  /** Lucky days by month `YYYY-MM`. */
  readonly days: Readonly<Record<string, readonly number[]>>;
}

/** All lists, by market and begin as published. */
export const PUBLISHED_CALENDARS: readonly PublishedCalendar[] = [
  {
    market: 'cn',
    calendar: 'almanac list 2025, January-May (126 suitable days in the whole year)',
    complete: false,
    from: '2025-01-01',
    until: '2025-05-31',
    source: 'http://3g.xiongmao3688.com/item/19863.html',
    days: {
      '2025-01': [5, 10, 12, 15, 21, 24, 25, 27],
      '2025-02': [2, 3, 15, 16, 19, 24, 27],
      '2025-03': [2, 3, 6, 8, 11, 14, 15, 16, 18, 20, 21, 23, 26, 27, 28],
      '2025-04': [19, 27],
      '2025-05': [1, 7, 10, 11, 16, 17, 19, 21, 23, 25, 27, 29],
    },
  },
  {
    market: 'cn',
    calendar: 'almanac list December 2025',
    complete: false,
    from: '2025-12-01',
    until: '2025-12-31',
    source: 'https://www.qm.biz/sm27895',
    days: { '2025-12': [1, 10, 22, 26, 29] },
  },
  {
    market: 'in',
    calendar: 'CAIT season 2023',
    complete: true,
    from: '2023-11-23',
    until: '2023-12-15',
    source:
      'https://jharkhandvarta.com/38-lakh-marriages-will-take-place-across-the-country-in-22-days-business-worth-rs-4-74-lakh-crore-is-expected',
    days: { '2023-11': [23, 24, 27, 28, 29], '2023-12': [3, 4, 7, 8, 9, 15] },
  },
  {
    market: 'in',
    calendar: 'press list January-April 2024',
    complete: true,
    from: '2024-01-01',
    until: '2024-04-30',
    source:
      'https://aajtak.in/visualstories/religion/shadi-vivah-muhurt-2024-best-dates-for-hindu-marriage-or-weddings-in-january-to-december-tvisu-88669-15-01-2024',
    days: {
      '2024-01': [16, 17, 20, 21, 22, 27, 28, 30, 31],
      '2024-02': [4, 6, 7, 8, 12, 13, 17, 24, 25, 26, 29],
      '2024-03': [1, 2, 3, 4, 5, 6, 7, 10, 11, 12],
      '2024-04': [18, 19, 20, 21, 22],
    },
  },
  {
    market: 'in',
    calendar: 'CAIT season 2024',
    complete: true,
    from: '2024-11-12',
    until: '2024-12-16',
    source:
      'https://www.patrika.com/en/national-news/wedding-season-rs-6-lakh-crore-to-flow-into-the-economy-from-4-8-million-weddings-19119677',
    days: { '2024-11': [12, 13, 17, 18, 22, 23, 25, 26, 28, 29], '2024-12': [4, 5, 9, 10, 11, 14, 15, 16] },
  },
  {
    market: 'in',
    calendar: 'Mithila panchang 2024-25',
    complete: true,
    from: '2024-11-01',
    until: '2025-06-30',
    source: 'https://newsindialive.in/?p=1232875',
    days: {
      '2024-11': [18, 22, 25, 27],
      '2024-12': [1, 2, 5, 6, 11],
      '2025-01': [16, 19, 20, 23, 24, 29, 30],
      '2025-02': [2, 3, 6, 7, 16, 19, 20, 21, 24, 26],
      '2025-03': [2, 3, 6, 7],
      '2025-04': [16, 18, 20, 21, 23, 25, 30],
      '2025-05': [1, 7, 8, 9, 11, 18, 19, 22, 23, 25, 28],
      '2025-06': [1, 2, 3, 4],
    },
  },
  {
    market: 'in',
    calendar: 'press list January-March 2025',
    complete: true,
    from: '2025-01-01',
    until: '2025-03-31',
    source:
      'https://nari.punjabkesari.in/nari/news/shaadi-vivah-ke-shubh-muhurat-2025-mein-puri-list-h-yahan-2089458',
    days: {
      '2025-01': [16, 17, 18, 19, 20, 21, 23, 24, 26, 27],
      '2025-02': [2, 3, 6, 7, 12, 13, 14, 15, 16, 18, 19, 21, 23, 25],
      '2025-03': [1, 2, 5, 6, 7, 12],
    },
  },
  {
    market: 'in',
    calendar: 'Bihar panchang, end of 2025',
    complete: true,
    from: '2025-11-01',
    until: '2025-12-31',
    source:
      'https://zeenews.india.com/hindi/india/bihar-jharkhand/religion/vivah-muhurat-2025-wedding-season-is-about-to-begin-find-out-when-auspicious-time-will-last/2983392',
    days: { '2025-11': [21, 22, 23, 24, 25, 29, 30], '2025-12': [1, 4, 5, 6] },
  },
  {
    market: 'in',
    calendar: 'press, November 2025 ("such as")',
    complete: false,
    from: '2025-11-01',
    until: '2025-11-30',
    source:
      'https://www.gnttv.com/shows/ye-hui-na-baat/video/what-are-the-auspicious-times-in-2026-how-to-plan-a-wedding-within-your-budget-and-where-you-can-save-money-learn-everything-from-the-wedding-planner-1300838-2025-11-07',
    days: { '2025-11': [12, 13, 17, 18, 22, 23] },
  },
  {
    market: 'in',
    calendar: 'panchang 2026 (59 dates)',
    complete: true,
    from: '2026-01-01',
    until: '2026-12-31',
    source: 'https://www.saamana.com/?p=685119',
    days: {
      '2026-02': [5, 6, 8, 10, 12, 14, 19, 20, 21, 24, 25, 26],
      '2026-03': [1, 3, 4, 7, 8, 9, 11, 12],
      '2026-04': [15, 20, 21, 25, 26, 27, 28, 29],
      '2026-05': [1, 3, 5, 6, 7, 8, 13, 14],
      '2026-06': [21, 22, 23, 24, 25, 26, 27, 29],
      '2026-07': [1, 6, 7, 11],
      '2026-11': [21, 24, 25, 26],
      '2026-12': [2, 3, 4, 5, 6, 11, 12],
    },
  },
];
