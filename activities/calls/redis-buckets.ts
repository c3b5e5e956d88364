import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createClient, defineScript } from 'redis';
import {
  type CallBuckets,
  SMALLEST_SHARE,
  type ThrottleReport,
  type TurnAsk,
  type TurnsGiven,
} from '../../domain/call-buckets.ts';

/** A command that takes longer has failed: a slow limiter is worse than another one. Milliseconds. */
const COMMAND_TIMEOUT_MS = 500;

/** How long a start waits for the first connection; without it the other store begins. Milliseconds. */
const FIRST_CONNECTION_MS = 2_000;

/** A bucket nobody asked for so long is forgotten: it is full and its share recovered. Milliseconds. */
const FORGOTTEN_AFTER_MS = 3_600_000;

const LONGEST_RECONNECT_MS = 1_000;

/** What the next call would find: `now`, and `share`, `gap` and `tolerance` of the bucket as of it. */
const STATE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local burst, interval, recovery = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local held = redis.call('HMGET', KEYS[1], 'arrival', 'share', 'shareAt', 'epoch')
local arrival, epoch = tonumber(held[1]) or 0, tonumber(held[4]) or 0
local share = math.min(1, (tonumber(held[2]) or 1) + recovery * (now - (tonumber(held[3]) or now)))
local function keep(arrivalThen, shareThen, epochThen)
  redis.call('HSET', KEYS[1], 'arrival', string.format('%.6f', arrivalThen),
    'share', string.format('%.9f', shareThen), 'shareAt', string.format('%.3f', now), 'epoch', epochThen)
  redis.call('PEXPIRE', KEYS[1], ${FORGOTTEN_AFTER_MS})
end`;

/** The same arithmetic as in store/call-buckets.ts. Redis cuts numbers to whole ones, so fractions go as text. */
const RESERVE = `${STATE}
local count, longest, empty = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local gap = interval / share
local tolerance = math.max(0, burst * share - 1) * gap
local base = math.max(arrival, now)
if empty then base = math.max(base, now - empty + tolerance + gap) end
local first = base - tolerance - now
local given = math.max(0, math.min(count, math.floor((longest - first) / gap) + 1))
keep(base + given * gap, share, epoch)
return { tostring(given), string.format('%.6f', first), string.format('%.9f', gap), tostring(epoch) }`;

const THROTTLED = `${STATE}
local pause, isFirst = tonumber(ARGV[4]), 'redis:' .. epoch == ARGV[5]
if isFirst then share = math.max(${SMALLEST_SHARE}, share / 2) end
local resumed = now + pause + math.max(0, burst * share - 1) * interval / share
keep(isFirst and resumed or math.max(arrival, resumed), share, isFirst and epoch + 1 or epoch)
return epoch`;

function script(text: string) {
  return defineScript({
    SCRIPT: text,
    NUMBER_OF_KEYS: 1,
    parseCommand: (parser, key: string, ...values: readonly string[]) => {
      parser.pushKey(key);
      parser.push(...values);
    },
    transformReply: (reply: unknown) => reply,
  });
}

/** Buckets in Redis and their connection. */
export interface RedisBuckets extends CallBuckets {
  /** @throws Error when Redis does not answer now. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Buckets in Redis, one script a reservation. A connection that was lost comes back by itself; what was counted
 * before is not relied on then, because Redis may have been started anew. Resolves within seconds, connected or not.
 */
export async function redisBuckets(url: string, log: Logger): Promise<RedisBuckets> {
  const client = createClient({
    url,
    // A command for a connection that is away fails at once, so that the other store is asked instead.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: FIRST_CONNECTION_MS,
      reconnectStrategy: (attempt) => Math.min(50 * 2 ** attempt, LONGEST_RECONNECT_MS),
    },
    scripts: { reserve: script(RESERVE), throttled: script(THROTTLED) },
  });
  let connectedBefore = false;
  let reconnectedAtMs: number | null = null;
  client.on('error', (error: Error) => log.debug({ err: error }, 'Redis is away'));
  client.on('ready', () => {
    if (connectedBefore) reconnectedAtMs = Date.now();
    connectedBefore = true;
  });
  const first = client.connect().catch(() => undefined);
  await Promise.race([first, sleep(FIRST_CONNECTION_MS, undefined, { ref: false })]);
  return {
    store: 'redis',
    reserve: async (ask) => {
      const emptySinceMs = later(ask.emptySinceMs, reconnectedAtMs);
      return turnsOf(await inTime(client.reserve(keyOf(ask), ...reserveArguments({ ...ask, emptySinceMs }))));
    },
    stands: async (key, epoch) => `redis:${await inTime(client.hGet(keyOf({ key }), 'epoch'))}` === epoch,
    throttled: async (report) => {
      await inTime(client.throttled(keyOf(report), ...throttleArguments(report)));
    },
    ping: async () => {
      await inTime(client.ping());
    },
    close: async () => {
      if (client.isOpen) client.destroy();
    },
  };
}

function keyOf({ key }: Pick<TurnAsk, 'key'>): string {
  return `wedscale:calls:${key}`;
}

function reserveArguments(ask: TurnAsk): readonly string[] {
  const { burst, intervalMs, recoveryPerMs, count, longestWaitMs, emptySinceMs } = ask;
  return [
    ...[burst, intervalMs, recoveryPerMs, count, longestWaitMs].map(String),
    String(emptySinceMs ?? ''),
  ];
}

function throttleArguments({
  burst,
  intervalMs,
  recoveryPerMs,
  pauseMs,
  epoch,
}: ThrottleReport): readonly string[] {
  return [...[burst, intervalMs, recoveryPerMs, pauseMs].map(String), epoch];
}

function turnsOf(reply: unknown): TurnsGiven {
  const [given, firstWaitMs, intervalMs, epoch] = reply as readonly string[];
  return {
    given: Number(given),
    firstWaitMs: Number(firstWaitMs),
    intervalMs: Number(intervalMs),
    epoch: `redis:${epoch}`,
  };
}

/** Of two times at which a bucket was empty, the later. */
function later(emptySinceMs: number | null, atMs: number | null): number | null {
  if (atMs === null) return emptySinceMs;
  return Math.min(emptySinceMs ?? Number.POSITIVE_INFINITY, Date.now() - atMs);
}

async function inTime<T>(command: Promise<T>): Promise<T> {
  const given = new AbortController();
  const late = sleep(COMMAND_TIMEOUT_MS, undefined, { signal: given.signal }).then(() => {
    throw new Error(`Redis gave no answer within ${COMMAND_TIMEOUT_MS} ms`);
  });
  late.catch(() => undefined);
  command.catch(() => undefined);
  try {
    return await Promise.race([command, late]);
  } finally {
    given.abort();
  }
}
