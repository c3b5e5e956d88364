import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { addCallMetrics } from '../../../api/plugins/call-metrics.ts';
import type { CallFigure } from '../../../store/call-figures.ts';
import { circuitStates } from '../../../store/circuits.ts';
import type { CallsMade } from './callers.ts';
import { type CallsPlace, TIME_SCALE } from './calls-place.ts';

/** Calls over three processes. */
const CALLS = 300;

/** ECS modify: 50 at once and 5 a second; what a call takes to arrive is spared of the burst. */
const INTERVAL_MS = 1_000 / 5 / TIME_SCALE;
const BURST = 50 - 250 / INTERVAL_MS;

/** What must hold whatever keeps the buckets; the same code for all of them. Each throws where it does not hold. */
export const SCENARIOS: readonly {
  readonly name: string;
  readonly run: (place: CallsPlace) => Promise<void>;
}[] = [
  { name: '300 calls of three processes never provoke a throttle, and use all that is allowed', run: paced },
  { name: 'limits halved unannounced: calls are throttled, none fails', run: halved },
  { name: "a vendor's throttle pauses every process until it has passed", run: paused },
  { name: 'a turn too far away is told and nothing is sent', run: refused },
  {
    name: 'calls without an answer open a circuit, another process sees it, one call closes it',
    run: broken,
  },
  { name: 'a call that fails while the circuit tries it opens it again', run: reopened },
  { name: 'throttles and refusals open no circuit', run: alive },
];

async function paced(place: CallsPlace): Promise<void> {
  const region = await place.freshRegion();
  const before = await place.answered('UpdateService');
  const made = await everybody(place, { region, operation: 'UpdateService', count: CALLS / 3 });
  assert.deepEqual(made, { accepted: CALLS, failures: [] });
  const after = await place.answered('UpdateService');
  assert.equal((after[200] ?? 0) - (before[200] ?? 0), CALLS);
  assert.equal(after[400] ?? 0, before[400] ?? 0, 'the sandbox throttled');
  const figures = await place.figures(region, (rows) => sum(rows, 'reserved') >= CALLS);
  assert.deepEqual(
    figures.map(({ bucket, store, throttled, refused: far }) => ({ bucket, store, throttled, far })),
    [{ bucket: 'aws.ecs.modify', store: place.store, throttled: 0, far: 0 }],
  );
  // Of the calls beyond the burst each waits one interval more than the one before; refill while they all ask
  // makes some of them shorter, and none longer. Waits are those the buckets gave, not what a clock saw.
  const beyond = CALLS - BURST;
  const waited = sum(figures, 'waited');
  assert.ok(waited <= beyond && waited > beyond / 3, `${waited} calls waited`);
  const longest = (INTERVAL_MS * beyond * (beyond + 1)) / 2;
  const waitedMs = sum(figures, 'waited_ms');
  assert.ok(waitedMs <= longest * 1.01, `waits add up to ${waitedMs} ms, at most ${longest} are needed`);
}

async function halved(place: CallsPlace): Promise<void> {
  const region = await place.freshRegion();
  await place.sandbox.send('POST', '/limits', { factor: 0.5 });
  try {
    const before = await place.answered('UpdateService');
    const asked = { region, operation: 'UpdateService', count: CALLS / 6, patient: true } as const;
    const made = await everybody(place, asked);
    const after = await place.answered('UpdateService');
    const throttled = (after[400] ?? 0) - (before[400] ?? 0);
    assert.equal(made.accepted, CALLS / 2);
    assert.ok(throttled > 0, 'the limits were not halved');
    // Only calls under way when the vendor first says so, not every other call.
    assert.ok(throttled < CALLS / 6, `${throttled} calls were throttled`);
    assert.deepEqual([...new Set(made.failures.map(({ kind }) => kind))], ['Throttled']);
  } finally {
    await place.sandbox.send('POST', '/limits', { factor: 1 });
  }
}

async function paused(place: CallsPlace): Promise<void> {
  const region = await place.freshRegion();
  const [first, ...others] = place.callers;
  const match = { operation: 'DescribeServices', region };
  // Far beyond the longest wait, so that a paused call is told so instead of waiting.
  await place.sandbox.faults({ match, kind: 'throttle', times: 1, retryAfterSeconds: 10_000 });
  const asked = { region, operation: 'DescribeServices', count: 1 } as const;
  const throttled = await first.calls(asked);
  assert.deepEqual(throttled.failures.map(kindAndWait), [['Throttled', 10_000_000]]);
  const before = await place.answered('DescribeServices');
  for (const other of others) {
    const [failure, ...more] = (await other.calls(asked)).failures;
    assert.match(failure?.message ?? '', /Nothing was sent/);
    assert.ok((failure?.retryAfterMs ?? 0) > 1_000_000, `to come back in ${failure?.retryAfterMs}`);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(await place.answered('DescribeServices'), before);
  // Another region's bucket is not paused.
  const elsewhere = { ...asked, region: await place.freshRegion() };
  assert.equal((await first.calls(elsewhere)).accepted, 1);
}

async function refused(place: CallsPlace): Promise<void> {
  const region = await place.freshRegion();
  const match = { operation: 'UpdateService', region };
  await place.sandbox.faults({ match, kind: 'throttle', times: 1, retryAfterSeconds: 3_600 });
  const asked = { region, operation: 'UpdateService', count: 1 } as const;
  await place.callers[0].calls(asked);
  const before = await place.answered('UpdateService');
  const made = await everybody(place, { ...asked, count: 5 });
  assert.equal(made.accepted, 0);
  assert.equal(made.failures.length, 15);
  assert.deepEqual(await place.answered('UpdateService'), before);
  const figures = await place.figures(region, (rows) => sum(rows, 'refused') >= 15);
  assert.equal(sum(figures, 'throttled'), 1);
}

async function broken(place: CallsPlace): Promise<void> {
  const region = await place.freshRegion();
  const [caller] = place.callers;
  const asked = { region, operation: 'DescribeServices', count: 1 } as const;
  await place.sandbox.faults({ match: { region }, kind: 'serverError' });
  const before = await place.answered('DescribeServices');
  const kinds: string[] = [];
  for (let call = 1; call <= 7; call += 1) kinds.push(...(await caller.calls(asked)).failures.map(kindOf));
  assert.deepEqual(kinds, [...Array(5).fill('Transient'), 'CircuitOpen', 'CircuitOpen']);
  const after = await place.answered('DescribeServices');
  assert.equal((after[500] ?? 0) - (before[500] ?? 0), 5, 'an open circuit sends nothing');
  const opened = await circuit(place, region, 'open');
  assert.match(opened.reason ?? '', /internal error/i);
  assert.equal(await shownState(place, region), 2);
  await place.sandbox.clearFaults();
  const patient = await caller.calls({ ...asked, patient: true });
  assert.equal(patient.accepted, 1);
  await circuit(place, region, 'closed');
  assert.equal(await shownState(place, region), 0);
}

async function reopened(place: CallsPlace): Promise<void> {
  const region = await place.freshRegion();
  const [caller] = place.callers;
  const asked = { region, operation: 'DescribeServices', count: 1 } as const;
  const [fault] = await place.sandbox.faults({ match: { region }, kind: 'serverError' });
  for (let call = 1; call <= 5; call += 1) await caller.calls(asked);
  const [open] = (await caller.calls(asked)).failures;
  assert.equal(open?.kind, 'CircuitOpen');
  await sleep((open?.retryAfterMs ?? 0) / TIME_SCALE + 20);
  // One call is let through; it fails, so the next is not sent again.
  assert.deepEqual((await caller.calls(asked)).failures.map(kindOf), ['Transient']);
  assert.deepEqual((await caller.calls(asked)).failures.map(kindOf), ['CircuitOpen']);
  await place.sandbox.send('DELETE', `/faults/${fault}`);
  assert.equal((await caller.calls({ ...asked, patient: true })).accepted, 1);
}

async function alive(place: CallsPlace): Promise<void> {
  const region = await place.freshRegion();
  const [caller] = place.callers;
  const asked = { region, operation: 'DescribeServices', count: 1 } as const;
  for (const kind of ['throttle', 'denied', 'throttle', 'denied', 'throttle', 'denied', 'throttle']) {
    await place.sandbox.faults({ match: { region }, kind, times: 1, retryAfterSeconds: 0 });
    await caller.calls(asked);
  }
  assert.equal((await caller.calls(asked)).accepted, 1);
  await circuit(place, region, 'closed');
}

/** All three processes ask at once. */
export async function everybody(
  place: CallsPlace,
  asked: Parameters<CallsPlace['callers'][number]['calls']>[0],
): Promise<CallsMade> {
  const made = await Promise.all(place.callers.map((caller) => caller.calls(asked)));
  return {
    accepted: made.reduce((total, { accepted }) => total + accepted, 0),
    failures: made.flatMap(({ failures }) => failures),
  };
}

/** The circuit of a region as the store has it, once it is in that state: workers write it beside their calls. */
async function circuit(place: CallsPlace, region: string, state: string) {
  const endMs = Date.now() + 20_000;
  for (;;) {
    const found = (await circuitStates(place.db)).find((one) => one.region === region);
    if (found?.state === state) return found;
    if (Date.now() > endMs) throw new Error(`the circuit of ${region} stays ${found?.state}`);
    await sleep(50);
  }
}

/** What `/metrics` shows of a region's circuit. */
async function shownState({ db }: CallsPlace, region: string): Promise<number | undefined> {
  const metrics = new Registry();
  addCallMetrics({ db, metrics });
  const found = (await metrics.getMetricsAsJSON()).find(({ name }) => name === 'wedscale_circuit_state');
  return found?.values.find(({ labels }) => labels.region === region)?.value;
}

/** Total of one figure. */
export function sum(
  figures: readonly CallFigure[],
  name: 'reserved' | 'waited' | 'waited_ms' | 'refused' | 'throttled',
): number {
  return figures.reduce((total, figure) => total + figure[name], 0);
}

function kindOf({ kind }: CallsMade['failures'][number]): string {
  return kind;
}

function kindAndWait({ kind, retryAfterMs }: CallsMade['failures'][number]): unknown {
  return [kind, retryAfterMs];
}
