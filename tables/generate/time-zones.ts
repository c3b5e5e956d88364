import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './measured-cities.ts';

/** A zone's principal place, and the code (ISO 3166) of its country. */
export interface TimeZone extends Place {
  readonly country: string;
}

/** Principal places of the zones, and other names of zones. */
export interface TimeZones {
  readonly version: string;
  readonly zones: readonly TimeZone[];
  readonly aliases: Readonly<Record<string, string>>;
}

/** Reads `zone.tab` (principal location of each zone, ISO 6709) and the links of `tzdata.zi`. */
export function timeZones(directory: string): TimeZones {
  const table = readFileSync(join(directory, 'zone.tab'), 'utf8').split('\n');
  const zones = table.flatMap((line) => {
    const [country, location, name] = line.split('\t');
    if (line.startsWith('#') || country === undefined || location === undefined || name === undefined)
      return [];
    return [{ name, country, ...point(location) }];
  });
  const rules = readFileSync(join(directory, 'tzdata.zi'), 'utf8').split('\n');
  const known = new Set(zones.map(({ name }) => name));
  const links = rules.flatMap((line) => {
    const [kind, target = '', alias = ''] = line.split(' ');
    return kind === 'L' && known.has(target) && !known.has(alias) ? [[alias, target] as const] : [];
  });
  return {
    version: rules[0]?.replace('# version ', '') ?? 'unknown',
    zones: zones.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    aliases: Object.fromEntries(links.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Degrees of `±DDMM±DDDMM` or `±DDMMSS±DDDMMSS`, to a hundredth. */
function point(location: string): { readonly latitude: number; readonly longitude: number } {
  const [, latitude = '', longitude = ''] = /^([+-]\d+)([+-]\d+)$/.exec(location) ?? [];
  return { latitude: degrees(latitude, 2), longitude: degrees(longitude, 3) };
}

function degrees(text: string, digits: number): number {
  const whole = Number(text.slice(1, 1 + digits));
  const minutes = Number(text.slice(1 + digits, 3 + digits));
  const sign = text.startsWith('-') ? -1 : 1;
  return (sign * Math.round((whole + minutes / 60) * 100)) / 100;
}
