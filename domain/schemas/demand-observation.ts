import { z } from 'zod';
import type { Fleet } from '../fleet.ts';
import { type Fault, shapeFaults, valueAt, withoutRepeats } from './fault.ts';

/** Demand before this was never observed: a clock that was never set says 1970. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);

/** CSV has text only; anything but a number as such, above all nothing at all, is no reading of zero. */
const numeric = z
  .string()
  .regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/, 'must be a number')
  .transform(Number);

/** A figure from outside, 0 or more; CSV brings it as text. */
export const figureSchema = z
  .union([z.number(), numeric], { error: 'must be a number' })
  .refine((value) => Number.isFinite(value) && value >= 0, 'must be a number from 0');

/** Demand of a workload from a market at a time, in the workload's unit per second. */
export const demandObservationSchema = z.strictObject({
  workload: z.string().min(1),
  market: z.string().min(1),
  at: z.iso.datetime({ offset: true, error: 'must be a time with its offset, e.g. 2027-06-05T14:00:00Z' }),
  demand: figureSchema,
});

/** A reading with its time as an instant, or everything wrong with it. */
export type ParsedDemandObservation =
  | {
      readonly ok: true;
      readonly observation: {
        readonly workload: string;
        readonly market: string;
        readonly observedAtMs: number;
        readonly demand: number;
      };
    }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** True for a record that is meant as demand by workload and market, whatever is wrong with it. */
export function isDemandObservation(value: unknown): boolean {
  return ['workload', 'market', 'demand'].some((field) => valueAt(value, field) !== undefined);
}

/**
 * Checks one record: workload and market must be in the fleet, and its time neither before 2000 nor after `latestMs`,
 * milliseconds since the epoch of service time.
 */
export function parseDemandObservation(
  value: unknown,
  { fleet, latestMs }: { readonly fleet: Pick<Fleet, 'workloads' | 'markets'>; readonly latestMs: number },
): ParsedDemandObservation {
  const parsed = demandObservationSchema.safeParse(value);
  const meaning = [
    ...nameFaults(value, 'workload', fleet.workloads),
    ...nameFaults(value, 'market', fleet.markets),
    ...timeFaults(valueAt(value, 'at'), latestMs),
  ];
  const faults = withoutRepeats(parsed.success ? [] : shapeFaults(parsed.error), meaning);
  if (faults.length > 0 || !parsed.success) return { ok: false, faults };
  const { at, ...rest } = parsed.data;
  return { ok: true, observation: { ...rest, observedAtMs: Date.parse(at) } };
}

function nameFaults(
  value: unknown,
  field: 'workload' | 'market',
  known: readonly { readonly id: string }[],
): readonly Fault[] {
  const name = valueAt(value, field);
  if (typeof name !== 'string' || known.some(({ id }) => id === name)) return [];
  const ids = known.map(({ id }) => id).join(', ');
  return [{ path: field, message: `${name} is no ${field} of the fleet; it has ${ids}` }];
}

function timeFaults(at: unknown, latestMs: number): readonly Fault[] {
  const ms = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  if (ms < EARLIEST_MS) return [{ path: 'at', message: `${at} lies before the year 2000` }];
  if (ms <= latestMs || Number.isNaN(ms)) return [];
  return [{ path: 'at', message: `${at} lies in the future` }];
}
