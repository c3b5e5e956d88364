import type { Logger } from 'pino';
import type { CallFigure } from '../../store/call-figures.ts';

/** How often figures leave the process, in milliseconds. */
const FLUSH_EVERY_MS = 2_000;

/** What is counted, per bucket, region and store of buckets; meanings in store/schema.ts. */
export type CallCounts = Partial<
  Pick<CallFigure, 'reserved' | 'waited' | 'waited_ms' | 'refused' | 'throttled'>
>;

/** Where something was counted. */
export type CallPlace = Pick<CallFigure, 'bucket' | 'region' | 'store'>;

/** Counts in memory and adds to the store every so often, so that a call costs no write for it. */
export interface CallFigures {
  add(place: CallPlace, counts: CallCounts): void;
  /** Flushes what is left. */
  close(): Promise<void>;
}

/** @param save adds to what stands; what it throws is logged, and its figures are kept for the next time. */
export function createCallFigures(
  save: (figures: readonly CallFigure[]) => Promise<void>,
  log: Logger,
): CallFigures {
  let counted = new Map<string, CallFigure>();
  let saving: Promise<void> = Promise.resolve();

  function add({ bucket, region, store }: CallPlace, counts: CallCounts): void {
    const key = [bucket, region, store].join('|');
    const known = counted.get(key);
    counted.set(key, {
      bucket,
      region,
      store,
      reserved: (known?.reserved ?? 0) + (counts.reserved ?? 0),
      waited: (known?.waited ?? 0) + (counts.waited ?? 0),
      waited_ms: (known?.waited_ms ?? 0) + (counts.waited_ms ?? 0),
      refused: (known?.refused ?? 0) + (counts.refused ?? 0),
      throttled: (known?.throttled ?? 0) + (counts.throttled ?? 0),
    });
  }
  function flush(): Promise<void> {
    saving = saving.then(async () => {
      const figures = [...counted.values()];
      if (figures.length === 0) return;
      counted = new Map();
      try {
        await save(figures);
      } catch (error) {
        log.warn({ err: error }, "the limiter's figures could not be saved yet");
        for (const figure of figures) add(figure, figure);
      }
    });
    return saving;
  }
  const timer = setInterval(() => void flush(), FLUSH_EVERY_MS).unref();
  return {
    add,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
