import type { ProviderId } from '../providers.ts';
import { tableFile } from './table-file.ts';

/** Per cent of a type's interruptible machines that the vendor took back in a month. */
export interface InterruptionBand {
  readonly fromPercent: number;
  /** 100 where the vendor says only that it is more than `fromPercent`. */
  readonly untilPercent: number;
}

const interruptions = tableFile<{
  readonly providers: Readonly<
    Record<
      string,
      { readonly regions: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>> }
    >
  >;
}>('spot-interruption.json');

/** How often interruptible machines are taken back, as a band; null where unknown (the table knows AWS only). */
export function spotInterruption(
  provider: ProviderId,
  region: string,
  type: string,
): InterruptionBand | null {
  const band = interruptions().providers[provider]?.regions[region]?.[type];
  return band ? { fromPercent: band[0], untilPercent: band[1] } : null;
}
