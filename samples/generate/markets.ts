/** Where data and traffic of a market have to stay. */
export type Area = 'eu' | 'us' | 'in' | 'jp';

/** A market and what its weddings are like; places, guests and hours are invented. */
export interface MarketSample {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly area: Area;
  readonly bookings: number;
  readonly guests: readonly [least: number, most: number];
  /** Local hour most of them begin at, give or take two. */
  readonly beginHour: number;
  readonly places: readonly string[];
}

/** The markets of the sample, sorted by id. */
export const MARKETS: readonly MarketSample[] = [
  {
    id: 'fr',
    name: 'France',
    timeZone: 'Europe/Paris',
    area: 'eu',
    bookings: 1_500,
    guests: [50, 160],
    beginHour: 16,
    places: ['Paris', 'Lyon', 'Bordeaux', 'Nice'],
  },
  {
    id: 'gb',
    name: 'United Kingdom',
    timeZone: 'Europe/London',
    area: 'eu',
    bookings: 1_700,
    guests: [40, 150],
    beginHour: 14,
    places: ['London', 'Bath', 'York', 'Brighton'],
  },
  {
    id: 'ie',
    name: 'Ireland',
    timeZone: 'Europe/Dublin',
    area: 'eu',
    bookings: 450,
    guests: [60, 200],
    beginHour: 14,
    places: ['Dublin', 'Galway', 'Cork'],
  },
  {
    id: 'in',
    name: 'India',
    timeZone: 'Asia/Kolkata',
    area: 'in',
    bookings: 1_100,
    guests: [150, 600],
    beginHour: 19,
    places: ['Mumbai', 'Delhi', 'Jaipur', 'Udaipur'],
  },
  {
    id: 'jp',
    name: 'Japan',
    timeZone: 'Asia/Tokyo',
    area: 'jp',
    bookings: 650,
    guests: [30, 90],
    beginHour: 12,
    places: ['Tokyo', 'Kyoto', 'Osaka'],
  },
  {
    id: 'us',
    name: 'United States',
    timeZone: 'America/New_York',
    area: 'us',
    bookings: 1_600,
    guests: [60, 220],
    beginHour: 16,
    places: ['Boston', 'Charleston', 'Savannah', 'Newport'],
  },
];
