import { bearsTag, type DiscoveredTarget, type FleetTag, MOST_DISCOVERED } from '../domain/discovery.ts';
import { isTerminal, ProviderError } from '../domain/errors.ts';
import type { Scaler } from '../domain/scaler.ts';

/** One service in one region. */
export interface Place {
  readonly service: string;
  readonly region: string;
  readonly discover: NonNullable<Scaler['discover']>;
}

/** What a place came to. */
export interface PlaceFindings {
  readonly found: readonly DiscoveredTarget[];
  /** Why `found` may not be all of it; null where it is. */
  readonly failure: string | null;
}

/** What a search came to. */
export interface Findings {
  /** In the order of the places. */
  readonly places: readonly PlaceFindings[];
  /** More was there than a fleet may hold. */
  readonly truncated: boolean;
}

/** How one attempt goes. Times are milliseconds of wall time since it began. */
export interface Attempt {
  readonly signal: AbortSignal;
  /** Until then what may pass by itself ends the attempt, so that another is made; 0: never. */
  readonly patientMs: number;
  /** All places together take no longer, but for the calls in flight. */
  readonly longestMs: number;
}

/**
 * Places looked through at the same time. Limits hold per service and region, so places do not slow one another down;
 * as many as a few regions have, and not so many that clients and their credentials are all made at once. Ours.
 */
const SEARCHED_AT_ONCE = 24;

const FULL =
  `not read to its end: more is there than the ${MOST_DISCOVERED} targets a fleet may hold. ` +
  "Narrow the search by regions or by the tag's value.";

/**
 * Looks through all places for what bears the tag. A place that is not through when its time is over keeps what was
 * found. Once there is more than a fleet may hold, all of them end.
 * @throws the error that should end the attempt: an early one that may pass, a cancellation, one that is no vendor's.
 */
export async function searchPlaces(
  places: readonly Place[],
  tag: FleetTag,
  attempt: Attempt,
): Promise<Findings> {
  return new PlaceSearch(places, tag, attempt).run();
}

class PlaceSearch {
  private readonly tag: FleetTag;
  private readonly attempt: Attempt;
  private readonly startedMs = performance.now();
  private readonly waiting: [number, Place][];
  private readonly findings: PlaceFindings[];
  /** Ends every place: enough was found, or one of them ends the attempt. */
  private readonly ending = new AbortController();
  private foundCount = 0;
  private truncated = false;

  constructor(places: readonly Place[], tag: FleetTag, attempt: Attempt) {
    this.tag = tag;
    this.attempt = attempt;
    this.waiting = [...places.entries()];
    this.findings = places.map(() => ({ found: [], failure: FULL }));
  }

  async run(): Promise<Findings> {
    try {
      await Promise.all(Array.from({ length: SEARCHED_AT_ONCE }, () => this.searchNext()));
    } finally {
      this.ending.abort();
    }
    return { places: this.findings, truncated: this.truncated };
  }

  private async searchNext(): Promise<void> {
    while (!this.ending.signal.aborted) {
      const shareMs = this.shareMs();
      const next = this.waiting.shift();
      if (!next) return;
      const [index, place] = next;
      this.findings[index] = await this.search(place, shareMs);
    }
  }

  /** Time of the next place: of what is left, so that what quick places leave goes to those after them. */
  private shareMs(): number {
    const leftMs = this.attempt.longestMs - this.elapsedMs();
    return Math.max(1, Math.floor(leftMs * Math.min(1, SEARCHED_AT_ONCE / this.waiting.length)));
  }

  private elapsedMs(): number {
    return performance.now() - this.startedMs;
  }

  private async search({ region, discover }: Place, shareMs: number): Promise<PlaceFindings> {
    const found: DiscoveredTarget[] = [];
    const late = AbortSignal.timeout(shareMs);
    const signal = AbortSignal.any([this.attempt.signal, this.ending.signal, late]);
    try {
      for await (const one of discover(region, { tagKey: this.tag.key }, signal)) {
        if (bearsTag(one.tags, this.tag)) this.keep(found, one);
        signal.throwIfAborted();
      }
      return { found, failure: null };
    } catch (error) {
      return { found, failure: this.reasonOf(error, late.aborted, shareMs) };
    }
  }

  private keep(found: DiscoveredTarget[], one: DiscoveredTarget): void {
    this.truncated ||= this.foundCount === MOST_DISCOVERED;
    if (this.truncated) {
      this.ending.abort();
      return;
    }
    found.push(one);
    this.foundCount += 1;
  }

  /** @throws the error where another attempt may do better, or where it is no vendor's. */
  private reasonOf(error: unknown, isLate: boolean, shareMs: number): string {
    this.attempt.signal.throwIfAborted();
    const known = error instanceof ProviderError ? error : null;
    if (known && isTerminal(known.kind)) return known.message.slice(0, 500);
    // Whatever a call that was ended says, that is why.
    if (this.ending.signal.aborted) return FULL;
    if (isLate) return lateAfter(shareMs);
    if (!known || this.elapsedMs() < this.attempt.patientMs) throw error;
    return known.message.slice(0, 500);
  }
}

function lateAfter(shareMs: number): string {
  const minutes = Math.round(shareMs / 6_000) / 10;
  return (
    `not read to its end in ${minutes} minutes; what was found by then is in the file. ` +
    'Search this region alone, or add by hand what is missing.'
  );
}
