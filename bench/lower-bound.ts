/** What a bucket allows: `burst` calls at once, then `ratePerSecond`. */
export interface BucketRate {
  readonly burst: number;
  readonly ratePerSecond: number;
}

/** A call that has to be made, however it is done. */
export interface NeededCall {
  /** The vendor counts all calls with the same text here together: bucket, account, region. */
  readonly bucket: string;
  readonly rate: BucketRate;
  /** What the vendor takes after it until the target serves, in milliseconds; 0 for a read. */
  readonly tailMs: number;
}

/**
 * Nobody can be done sooner: per bucket the i-th call cannot be sent before `(i - burst) / rate`, and what the vendor
 * takes after it comes on top. The longest tail is sent first, which makes the latest end as early as it can be; the
 * slowest bucket decides. Buckets are full at the beginning. @returns milliseconds; 0 for no calls.
 */
export function lowerBoundMs(calls: readonly NeededCall[]): number {
  const buckets = [...Map.groupBy(calls, (call) => call.bucket).values()];
  return buckets.map(bucketMs).reduce((a, b) => Math.max(a, b), 0);
}

function bucketMs(calls: readonly NeededCall[]): number {
  const ends = calls
    .toSorted((a, b) => b.tailMs - a.tailMs)
    .map(({ rate, tailMs }, index) => sentMs(rate, index + 1) + tailMs);
  return ends.reduce((a, b) => Math.max(a, b), 0);
}

function sentMs({ burst, ratePerSecond }: BucketRate, nth: number): number {
  return (Math.max(0, nth - burst) / ratePerSecond) * 1_000;
}
