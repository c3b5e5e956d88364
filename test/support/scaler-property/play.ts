import { resourceKey } from '../../../cli/demo/chaos.ts';
import type { LiveResource } from '../../../cli/demo/sandbox.ts';
import { happen, type Run, reconcile, release, type Seat, type Told, wakeUp } from './actors.ts';
import type { FleetEvent } from './events.ts';
import type { PlacedTarget } from './fleet.ts';
import { createLedgerJudge, type Figures } from './ledger-judge.ts';
import type { Stage } from './stage.ts';

/** A fleet and what happens to it. */
export interface History {
  readonly fleet: readonly PlacedTarget[];
  readonly events: readonly FleetEvent[];
}

/** What came of playing a history. */
export interface Verdict {
  /** What must not have been; empty for a history that is as it should be. */
  readonly faults: readonly string[];
  /** After how many events it was seen. */
  readonly seenAfter: number;
  /** What came of every event, a line each. */
  readonly lines: readonly string[];
  /** By the variant's name. */
  readonly figures: ReadonlyMap<string, Figures>;
}

/** How long everything may take to come back, in milliseconds; what takes so long does not come back. */
const COMES_BACK_MS = 30_000;

/** Plays a history, asks the ledger after every event, and at the end has everything given back. */
export async function play(stage: Stage, { fleet, events }: History): Promise<Verdict> {
  const seats = await seatsOf(stage, fleet);
  const ask = ledgerOf(stage, seats);
  const lines: string[] = [];
  const figures = new Map(seats.map(({ placed, judge }) => [placed.variant.name, judge.figures]));
  for (const [index, event] of events.entries()) {
    const seat = seats['target' in event ? event.target % seats.length : 0];
    if (!seat) throw new Error('a fleet has a target');
    const told = await happen(stage, seat, event);
    lines.push(`${index + 1}. ${seat.placed.target.id} ${JSON.stringify(event)}: ${told.text}`);
    const faults = [...(told.faults ?? []), ...(await ask()), ...(told.inForce ? seat.judge.inForce() : [])];
    if (faults.length > 0) {
      await Promise.all(seats.map(wakeUp));
      return { faults, seenAfter: index + 1, lines, figures };
    }
  }
  const faults = await end(stage, seats, ask, lines);
  return { faults, seenAfter: events.length, lines, figures };
}

async function seatsOf(stage: Stage, fleet: readonly PlacedTarget[]): Promise<readonly Seat[]> {
  const runIds = [await stage.newRun(), await stage.newRun()] as const;
  await stage.sandbox.loadWorld({ resources: fleet.map(({ resource }) => resource) });
  const resources = await resourcesOf(stage);
  // What earlier plays left in the store stays there, so no two have a target in common.
  const played = stage.nextPlay();
  const seats = fleet.map(({ target, ...rest }): Seat => {
    const placed = { ...rest, target: { ...target, id: `${target.id}/${played}` } };
    const key = resourceKey(target);
    const judge = createLedgerJudge(placed, found(resources, key));
    return { placed, key, judge, runIds, claims: [new Set(), new Set()], count: 0, asleep: null };
  });
  const rows = seats.map(({ placed: { target } }) => {
    return { id: target.id, kind: 'scaling' as const, service: target.service, spec: JSON.stringify(target) };
  });
  await stage.soon.db.insertInto('targets').values(rows).execute();
  return seats;
}

/** Asks the ledger what was accepted since it was asked last, and the judges what of it must not have been. */
function ledgerOf({ sandbox }: Stage, seats: readonly Seat[]): () => Promise<readonly string[]> {
  let seq = 0;
  return async () => {
    const entries = await sandbox.ledger(seq);
    seq += entries.length;
    return seats.flatMap(({ key, judge }) => judge.judge(entries.filter(({ resource }) => resource === key)));
  };
}

/** All is well again and everybody lets go: what was there has to come back. */
async function end(
  stage: Stage,
  seats: readonly Seat[],
  ask: () => Promise<readonly string[]>,
  lines: string[],
): Promise<readonly string[]> {
  await stage.sandbox.clearFaults();
  for (const seat of seats) {
    await stage.sandbox.send('POST', '/recoveries', { resource: seat.key });
    lines.push(`end. ${seat.placed.target.id} wakes: ${(await wakeUp(seat)).text}`);
  }
  const woken = await ask();
  for (const seat of seats) for (const run of [1, 0] as const) await release(stage, seat, run);
  const told = await Promise.all(seats.map((seat) => givenBack(stage, seat)));
  lines.push(...told.map(({ text }) => `end. ${text}`));
  const written = await ask();
  const resources = await resourcesOf(stage);
  const left = seats.flatMap(({ key, judge }) => judge.atTheEnd(found(resources, key)));
  return [...woken, ...told.flatMap(({ faults = [] }) => faults), ...written, ...left];
}

/** Undoes as the runs do: again and again while nothing is proven. */
async function givenBack(stage: Stage, seat: Seat): Promise<Told> {
  const { id } = seat.placed.target;
  const untilMs = Date.now() + COMES_BACK_MS;
  for (let attempt = 0; ; attempt += 1) {
    const run: Run = attempt % 2 === 0 ? 0 : 1;
    const { text, result, faults = [] } = await reconcile(stage.later, seat, run, 'open');
    const ended = result?.status === 'inForce' || result?.status === 'refused';
    if (ended || faults.length > 0) return { text: `${id}: ${text}`, faults };
    if (Date.now() > untilMs) return { text, faults: [`${id} does not come back: ${text}`] };
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

async function resourcesOf({ sandbox }: Stage): Promise<readonly LiveResource[]> {
  return (await sandbox.world()).resources;
}

function found(resources: readonly LiveResource[], key: string): LiveResource {
  const resource = resources.find((candidate) => candidate.key === key);
  if (resource) return resource;
  throw new Error(`${key} is not in the world`);
}
