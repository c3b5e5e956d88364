import type { History, Verdict } from './play.ts';

/**
 * Looks for a shorter history that still goes wrong: up to where it was seen, one target alone, then one event less
 * at a time. @param untilMs no further try after this, in milliseconds since the epoch.
 */
export async function shrink(
  history: History,
  verdict: Verdict,
  play: (history: History) => Promise<Verdict>,
  untilMs: number,
): Promise<{ readonly history: History; readonly verdict: Verdict }> {
  let best = { history: { ...history, events: history.events.slice(0, verdict.seenAfter) }, verdict };
  async function isWrong(shorter: History): Promise<boolean> {
    if (Date.now() > untilMs) return false;
    const tried = await play(shorter);
    if (tried.faults.length === 0) return false;
    best = { history: { ...shorter, events: shorter.events.slice(0, tried.seenAfter) }, verdict: tried };
    return true;
  }
  for (const placed of history.fleet) if (await isWrong(alone(best.history, placed))) break;
  for (let index = best.history.events.length - 1; index >= 0; index -= 1) {
    const { fleet, events } = best.history;
    await isWrong({ fleet, events: events.filter((_, other) => other !== index) });
  }
  return best;
}

function alone({ fleet, events }: History, placed: History['fleet'][number]): History {
  const own = events.filter((event) => !('target' in event) || fleet[event.target % fleet.length] === placed);
  return { fleet: [placed], events: own };
}
