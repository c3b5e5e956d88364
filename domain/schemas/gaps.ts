import { GAP } from '../discovery.ts';
import type { Fault } from './fault.ts';

/** What a person has to say, by the field that a discovery left open. */
const WANTED: Readonly<Record<string, string>> = {
  allowedRegions: 'the regions that may hold its data',
  autoscaled: 'true where an autoscaler (e.g. a Cluster Autoscaler) owns the count, else false',
  capacityPerUnit: "the demand one unit carries, in the workload's unit per second",
  classes: 'the machine classes it may have, smallest first, each with the units it carries',
  critical: 'true where its failure must fail the run, else false',
  demandPerUser: 'the demand one concurrent user causes, in the unit per second',
  hourlyUsdPerUnit: 'the price of a unit in USD per hour, or instead of this field instanceType',
  leadTimeMinutes: 'how long before it is needed capacity is asked for, in minutes',
  markets: 'the ids of the markets it serves',
  maximumUnits: 'the most units it may ever have',
  mayInterrupt: 'true where a change may interrupt the service; without it this lever is not moved',
  priceDate: 'the day the prices were read, YYYY-MM-DD',
  spotHourlyUsdPerUnit: 'the price of an interruptible unit in USD per hour',
  timeZone: 'an IANA time zone, e.g. Europe/London',
  unit: 'what one unit of demand is, e.g. requests',
  usersPerGuest: 'concurrent users one guest causes at the height of the party',
  viewersPerGuest: 'concurrent viewers per guest of a wedding with a live stream',
  weddingsPerBooking: 'the weddings each booking of the file stands for',
  workload: 'the id of the workload it carries',
};

/** A fault for every gap a discovery left, each naming what belongs there: no file is taken half-filled. */
export function gapFaults(body: unknown): readonly Fault[] {
  return gapsAt(body, []);
}

function gapsAt(value: unknown, path: readonly string[]): readonly Fault[] {
  if (value === GAP) {
    const wanted = WANTED[path.findLast((part) => !/^\d+$/.test(part)) ?? ''];
    const message = `is a gap ("${GAP}") that discovery left; put in ${wanted ?? 'what only you can know'}`;
    return [{ path: path.join('.'), message }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => gapsAt(part, [...path, name]));
}
