import { writeFileSync } from 'node:fs';
import { bookingRows } from './generate/bookings.ts';
import { sampleDemand } from './generate/demand.ts';
import { sampleFleet } from './generate/fleet.ts';
import { seasonRequest, weddingDayRequest } from './generate/requests.ts';

/** Makes the samples from samples/sources; the same every time. Run: `node samples/generate.ts`. */

const COLUMNS = ['id', 'market', 'place', 'timeZone', 'startsAt', 'guests', 'tier', 'liveStream'];

const rows = bookingRows();
const demand = await sampleDemand();
const fleet = sampleFleet(demand);

function write(file: string, text: string): void {
  writeFileSync(new URL(file, import.meta.url), text);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const lines = [COLUMNS, ...rows.map((row) => COLUMNS.map((name) => row[name]))];
write('bookings.csv', `${lines.map((line) => line.join(',')).join('\n')}\n`);
write('fleet.json', json(fleet));
write('season.json', json(seasonRequest(fleet.markets.map(({ id }) => id))));
write('wedding-day.json', json(weddingDayRequest));

const { weddingsPerBooking } = fleet.demandModel;
console.log(
  `${rows.length} bookings, ${fleet.targets.length} targets, ${weddingsPerBooking} weddings per booking`,
);
