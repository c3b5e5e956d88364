import { setTimeout as sleep } from 'node:timers/promises';
import type { PriceRefresh, ProviderRefresh } from '../../domain/price-refresh.ts';
import { pricedThing } from '../../domain/pricing.ts';
import { ApiUnreachable } from '../client.ts';
import { readJsonFile } from '../request-file.ts';
import { EXIT, printResult, type Session } from '../session.ts';

/** Whose prices to read. */
export interface RefreshCommand {
  /** A fleet file, which need not be in force; default what the fleet in force leaves to be looked up. */
  readonly fleet?: string;
}

type Answer = { readonly refreshId: string } & (
  | { readonly status: 'running' }
  | ({ readonly status: 'ended' } & PriceRefresh)
);

const BASE = '/api/prices/refresh';
const POLL_MS = 1_000;
/** A refresh that takes longer has gone wrong; its workflow says how. */
const LONGEST_MS = 15 * 60_000;

/** Has list prices read from the vendors. @returns 1 where some could not be. */
export async function refreshPrices(session: Session, { fleet }: RefreshCommand): Promise<number> {
  const body = fleet === undefined ? {} : { things: await thingsOf(fleet) };
  let answer = await session.api.request<Answer>(BASE, { method: 'POST', body });
  const endMs = Date.now() + LONGEST_MS;
  while (answer.status === 'running') {
    const path = `${BASE}/${answer.refreshId}`;
    if (Date.now() > endMs) throw new ApiUnreachable(`The refresh has not ended in 15 minutes; see ${path}.`);
    await sleep(POLL_MS);
    answer = await session.api.request<Answer>(path);
  }
  const { providers } = answer;
  printResult(session, answer, (out) => {
    if (providers.length === 0) out.write('No target leaves its price to be looked up; nothing was read.\n');
    for (const one of providers) out.write(`${line(one)}\n`);
  });
  const whole = providers.every(({ status, unknown }) => status === 'refreshed' && unknown.length === 0);
  return whole ? EXIT.ok : EXIT.endedOtherwise;
}

function line({ provider, status, prices, unknown, message }: ProviderRefresh): string {
  const read = `${provider}: ${status}, ${prices} ${prices === 1 ? 'price' : 'prices'} read`;
  const lacking = unknown.length > 0 ? `; no price of ${unknown.join(', ')}` : '';
  return `${read}${lacking}${message === undefined ? '' : `. ${message}`}`;
}

/** What a fleet file would have looked up, whether or not it may be imported yet: that is what a refresh can mend. */
async function thingsOf(file: string): Promise<readonly object[]> {
  const { targets = [] } = (await readJsonFile(file)) as {
    readonly targets?: readonly {
      readonly service: string;
      readonly region: string;
      readonly instanceType?: string;
    }[];
  };
  return targets.flatMap((target) => pricedThing(target) ?? []);
}
