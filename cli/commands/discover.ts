import { setTimeout as sleep } from 'node:timers/promises';
import { type Discovery, FLEET_TAG, GAP } from '../../domain/discovery.ts';
import { ApiUnreachable } from '../client.ts';
import { writeNewFile } from '../new-file.ts';
import { EXIT, printResult, type Session } from '../session.ts';

/** What to look through, and where to write. */
export interface DiscoverCommand {
  readonly provider: string;
  readonly region: readonly string[];
  /** `key` or `key=value`. Default the key `wedsync:fleet`. */
  readonly tag?: string;
  /** Default: stdout. */
  readonly out?: string;
}

type Answer = { readonly discoveryId: string } & (
  | { readonly status: 'running' }
  | ({ readonly status: 'ended' } & Discovery)
);

const BASE = '/api/fleet/discovery';
const POLL_MS = 1_000;
/** A search that takes longer has gone wrong; its workflow says how. */
const LONGEST_MS = 15 * 60_000;

/**
 * Writes what a provider has as a fleet file with marked gaps.
 * @returns 1 where something could not be looked through.
 */
export async function discoverFleet(session: Session, options: DiscoverCommand): Promise<number> {
  const found = await search(session, options);
  const text = `${JSON.stringify(found.fleet, null, 2)}\n`;
  if (options.out !== undefined) await writeNewFile(options.out, text);
  printResult(session, found, (out) =>
    out.write(options.out === undefined ? text : summary(found, options.out)),
  );
  for (const line of notes(found)) session.stderr.write(`${line}\n`);
  const inPart = found.failures.length > 0 || found.truncated;
  // Nothing of the provider can be looked through: that is no answer.
  const notAtAll = found.targets === 0 && found.notDiscoverable.length > 0;
  return inPart || notAtAll ? EXIT.endedOtherwise : EXIT.ok;
}

async function search(session: Session, { provider, region, tag }: DiscoverCommand): Promise<Discovery> {
  const { tagKey, tagValue } = tagOf(tag ?? FLEET_TAG);
  const body = { provider, regions: region, tagKey, ...(tagValue !== undefined && { tagValue }) };
  let answer = await session.api.request<Answer>(BASE, { method: 'POST', body });
  const endMs = Date.now() + LONGEST_MS;
  while (answer.status === 'running') {
    const path = `${BASE}/${answer.discoveryId}`;
    if (Date.now() > endMs) throw new ApiUnreachable(`The search has not ended in 15 minutes; see ${path}.`);
    await sleep(POLL_MS);
    answer = await session.api.request<Answer>(path);
  }
  return answer;
}

function tagOf(tag: string): { readonly tagKey: string; readonly tagValue?: string } {
  const at = tag.indexOf('=');
  return at < 0 ? { tagKey: tag } : { tagKey: tag.slice(0, at), tagValue: tag.slice(at + 1) };
}

function summary({ targets, gaps, fleet }: Discovery, file: string): string {
  const others = fleet.targets.length - targets;
  const beside = others > 0 ? `, beside ${others} of the fleet in force that were not looked for` : '';
  if (gaps === 0) return `${targets} targets written to ${file}${beside}.\n`;
  return (
    `${targets} targets written to ${file}${beside}. ${gaps} gaps are marked "${GAP}": fill them, then import it with: ` +
    `wedscale fleet import ${file}\n`
  );
}

/** What the file does not tell. */
function notes({
  provider,
  regions,
  tag,
  targets,
  leftOut,
  notDiscoverable,
  failures,
  truncated,
}: Discovery): string[] {
  const shown = tag.value === null ? tag.key : `${tag.key}=${tag.value}`;
  return [
    ...(targets === 0 ? [`Nothing of ${provider} bears the tag ${shown} in ${regions.join(', ')}.`] : []),
    ...[...Map.groupBy(leftOut, ({ service, lever }) => `${service} ${lever}`)].map(leftOutNote),
    ...notDiscoverable.map((service) => `${service} is not discoverable; add its targets by hand.`),
    ...failures.map(
      ({ service, region, message }) => `${service} in ${region} could not be read in full: ${message}`,
    ),
    ...(truncated ? ['More was found than a fleet may hold; narrow it by regions or by a tag.'] : []),
  ];
}

/** Resources named of one lever; the rest are counted. */
const MOST_NAMED = 5;

function leftOutNote([lever, resources]: [string, Discovery['leftOut']]): string {
  const names = resources.slice(0, MOST_NAMED).map(({ reference }) => Object.values(reference).join('/'));
  const more = resources.length - names.length;
  return (
    `${lever} was left out (${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}): a change of it interrupts, is ` +
    'never given back or needs a ladder of classes. Add a target by hand where you mean it.'
  );
}
