/** How weddings of a market come about. All figures are invented; what matters is that the planner does not know them. */
export interface TrueMarket {
  readonly id: string;
  readonly timeZone: string;
  readonly weddingsPerYear: number;
  /** Growth of a year, as a share. */
  readonly growthPerYear: number;
  /** How strongly the year's course moves weddings, and the day of the year (0 to 364) they peak at. */
  readonly yearAmplitude: number;
  readonly yearPeakDay: number;
  /** Weight by weekday, Sunday first. */
  readonly weekdayWeights: readonly number[];
  /** Days that couples crowd onto, `MM-DD`, and how many times as many there are. */
  readonly crowdedDays: readonly string[];
  readonly crowdedFactor: number;
  /** Local hours weddings begin at, with weights. */
  readonly beginHours: readonly (readonly [number, number])[];
  /** Days between booking and wedding: median, and deviation of the logarithm. */
  readonly leadMedianDays: number;
  readonly leadDeviation: number;
  readonly guestsMedian: number;
  readonly guestsDeviation: number;
  readonly liveStreamShare: number;
  /** Users who are there without any wedding, on average over a week. */
  readonly baseUsers: number;
  /** Weeks after the first in which its first booking is made; 0 for a market that was always there. */
  readonly opensInWeek: number;
}

/** What users ask of the platform, and what one really causes. */
export interface TrueWorkload {
  readonly id: string;
  /** Demand per second of one user at the height of the wedding. */
  readonly demandPerUser: number;
  /** Demand per second of one user who belongs to no wedding; 0 for what only weddings cause. */
  readonly baseDemandPerUser: number;
  readonly liveStreamOnly: boolean;
  /** Bumps of load about the begin: hours after it, width (deviation, hours), height. */
  readonly bumps: readonly (readonly [atHours: number, widthHours: number, height: number])[];
}

const WEEKEND = [1.1, 0.25, 0.25, 0.3, 0.45, 1.3, 3.4] as const;
const AFTERNOON = [
  [12, 1],
  [13, 2],
  [14, 4],
  [15, 4],
  [16, 2],
] as const;

/** Five markets: four with a past, and one that opens in the second year. */
export const MARKETS: readonly TrueMarket[] = [
  {
    id: 'gb',
    timeZone: 'Europe/London',
    weddingsPerYear: 6_000,
    growthPerYear: 0.08,
    yearAmplitude: 0.75,
    yearPeakDay: 215,
    weekdayWeights: WEEKEND,
    crowdedDays: ['05-24', '08-23', '08-30'],
    crowdedFactor: 1.5,
    beginHours: AFTERNOON,
    leadMedianDays: 300,
    leadDeviation: 0.7,
    guestsMedian: 75,
    guestsDeviation: 0.45,
    liveStreamShare: 0.2,
    baseUsers: 900,
    opensInWeek: 0,
  },
  {
    id: 'us',
    timeZone: 'America/New_York',
    weddingsPerYear: 9_000,
    growthPerYear: 0.05,
    yearAmplitude: 0.55,
    yearPeakDay: 250,
    weekdayWeights: [1.2, 0.2, 0.2, 0.25, 0.4, 1.4, 3.3],
    crowdedDays: ['06-14', '09-20', '10-11'],
    crowdedFactor: 1.7,
    beginHours: [
      [14, 1],
      [15, 2],
      [16, 4],
      [17, 4],
      [18, 1],
    ],
    leadMedianDays: 260,
    leadDeviation: 0.6,
    guestsMedian: 110,
    guestsDeviation: 0.5,
    liveStreamShare: 0.25,
    baseUsers: 1_500,
    opensInWeek: 0,
  },
  {
    id: 'in',
    timeZone: 'Asia/Kolkata',
    weddingsPerYear: 5_000,
    growthPerYear: 0.2,
    yearAmplitude: 0.5,
    yearPeakDay: 340,
    weekdayWeights: [1.2, 0.9, 0.9, 1, 1, 1.1, 1.2],
    crowdedDays: [
      '07-02',
      '07-07',
      '07-15',
      '08-05',
      '08-20',
      '09-04',
      '09-18',
      '10-02',
      '11-18',
      '11-23',
      '12-04',
    ],
    crowdedFactor: 6,
    beginHours: [
      [10, 2],
      [18, 3],
      [19, 4],
      [20, 3],
    ],
    leadMedianDays: 120,
    leadDeviation: 0.7,
    guestsMedian: 350,
    guestsDeviation: 0.6,
    liveStreamShare: 0.5,
    baseUsers: 700,
    opensInWeek: 0,
  },
  {
    id: 'au',
    timeZone: 'Australia/Sydney',
    weddingsPerYear: 2_000,
    growthPerYear: 0.03,
    yearAmplitude: 0.5,
    yearPeakDay: 60,
    weekdayWeights: WEEKEND,
    crowdedDays: ['10-18'],
    crowdedFactor: 1.5,
    beginHours: AFTERNOON,
    leadMedianDays: 330,
    leadDeviation: 0.6,
    guestsMedian: 85,
    guestsDeviation: 0.45,
    liveStreamShare: 0.3,
    baseUsers: 250,
    opensInWeek: 0,
  },
  {
    id: 'br',
    timeZone: 'America/Sao_Paulo',
    weddingsPerYear: 4_000,
    growthPerYear: 0.5,
    yearAmplitude: 0.3,
    yearPeakDay: 270,
    weekdayWeights: WEEKEND,
    crowdedDays: ['09-13'],
    crowdedFactor: 1.5,
    beginHours: [
      [16, 2],
      [18, 4],
      [20, 3],
    ],
    leadMedianDays: 90,
    leadDeviation: 0.7,
    guestsMedian: 150,
    guestsDeviation: 0.5,
    liveStreamShare: 0.35,
    baseUsers: 200,
    opensInWeek: 50,
  },
];

/** Four workloads whose loads come at different times of a wedding. */
export const WORKLOADS: readonly TrueWorkload[] = [
  {
    id: 'api',
    demandPerUser: 0.6,
    baseDemandPerUser: 0.5,
    liveStreamOnly: false,
    bumps: [
      [-5, 2.5, 0.25],
      [0.5, 0.9, 1],
      [5.5, 2.2, 0.85],
      [19, 4, 0.3],
    ],
  },
  {
    id: 'uploads',
    demandPerUser: 0.05,
    baseDemandPerUser: 0.004,
    liveStreamOnly: false,
    bumps: [
      [1, 1, 0.6],
      [6, 2, 1],
      [18, 3.5, 0.8],
    ],
  },
  {
    id: 'gallery',
    demandPerUser: 0.3,
    baseDemandPerUser: 0.25,
    liveStreamOnly: false,
    bumps: [
      [4, 3, 0.3],
      [20, 5, 1],
    ],
  },
  {
    id: 'live-stream',
    demandPerUser: 1,
    baseDemandPerUser: 0,
    liveStreamOnly: true,
    bumps: [[0.4, 0.5, 1]],
  },
];

/** Users per guest at the height of a wedding, and viewers per guest of its live stream; per wedding it varies. */
export const USERS_PER_GUEST = 0.22;
export const VIEWERS_PER_GUEST = 0.4;
export const TURNOUT_DEVIATION = 0.25;
