import { Command, CommanderError } from 'commander';
import { FLEET_TAG } from '../domain/discovery.ts';
import { PROVIDERS } from '../domain/providers.ts';
import { RUN_STATUSES } from '../domain/report.ts';
import { SCOPES } from '../domain/scopes.ts';
import { ApiRefusal, ApiUnreachable } from './client.ts';
import { type DiscoverCommand, discoverFleet } from './commands/discover.ts';
import { doctor } from './commands/doctor.ts';
import { importBookings, importFleet, importObservations } from './commands/imports.ts';
import { createKey, listKeys, revokeKey } from './commands/keys.ts';
import { type PageOptions, planPage, type WhyOptions, why } from './commands/plans.ts';
import { type RefreshCommand, refreshPrices } from './commands/prices.ts';
import { act, approve, listRuns, type RunFilter, resolve, status, watch } from './commands/runs.ts';
import { type ApplyOptions, apply, plan } from './commands/seasons.ts';
import { DEFAULT_URL, UsageError } from './config.ts';
import { type CommonOptions, EXIT, openSession, type Session, type Streams } from './session.ts';

const EXIT_HELP = `
Exit status: 0 done, 1 the run ended otherwise or the doctor found something, 2 wrong use or refused, 3 the API cannot be reached.
Environment: WEDSCALE_API_URL (default ${DEFAULT_URL}), WEDSCALE_API_KEY, NO_COLOR.`;

/**
 * The command line `wedscale`. @returns the exit status: 0 done, 1 the run ended otherwise, 2 wrong use or
 * refused, 3 the API cannot be reached.
 */
export async function main(args: readonly string[], streams: Streams = process): Promise<number> {
  let exitStatus: number = EXIT.ok;
  const program = build(streams, (result) => {
    exitStatus = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitStatus;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return explain(error, streams);
  }
}

function explain(error: unknown, { stderr }: Streams): number {
  if (error instanceof UsageError || error instanceof ApiRefusal) {
    stderr.write(`wedscale: ${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof ApiUnreachable) {
    stderr.write(`wedscale: ${error.message}\n`);
    return EXIT.unreachable;
  }
  throw error;
}

function build(streams: Streams, ended: (status: number) => void): Command {
  const program = new Command('wedscale')
    .description('Gets a wedding platform ready for its season, over the WedSync Scale API.')
    .addHelpText('after', EXIT_HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    });
  const add: Add = (parent, usage, description) =>
    parent
      .command(usage)
      .description(description)
      .option('--url <url>', `where the API is (default WEDSCALE_API_URL or ${DEFAULT_URL})`)
      .option('--key-file <file>', 'file with the API key (default WEDSCALE_API_KEY)')
      .option('--json', 'print one JSON document on stdout and nothing else there');
  const withSession =
    <O extends CommonOptions>(run: (session: Session, options: O) => Promise<number>) =>
    async (options: O) =>
      ended(await run(openSession(streams, options), options));
  addSeasonCommands(program, add, withSession);
  addPlanCommands(program, add, withSession);
  addRunCommands(program, add, withSession);
  addImportCommands(program, add, withSession);
  add(program, 'doctor', 'print whether what is connected works, and what its last tests found').action(
    withSession((session) => doctor(session)),
  );
  addKeyCommands(program, add, withSession);
  return program;
}

type Add = (parent: Command, usage: string, description: string) => Command;
type WithSession = <O extends CommonOptions>(
  run: (session: Session, options: O) => Promise<number>,
) => (options: O) => Promise<void>;

function addSeasonCommands(program: Command, add: Add, withSession: WithSession): void {
  add(program, 'plan', 'plan a season or wedding day without changing anything')
    .requiredOption('--season <file>', 'request as JSON; its dates may be relative to today')
    .action(
      withSession((session, options: CommonOptions & { season: string }) => plan(session, options.season)),
    );
  add(program, 'apply', 'make a season or wedding day ready')
    .option('--season <file>', 'request as JSON; its dates may be relative to today')
    .option('--plan <id>', 'apply exactly this stored plan')
    .option('--watch', 'follow the run to its end and print its report')
    .action(withSession((session, options: CommonOptions & ApplyOptions) => apply(session, options)));
}

function addPlanCommands(program: Command, add: Add, withSession: WithSession): void {
  add(program, 'why <target>', 'explain why a plan gives a target the floor it has')
    .option('--plan <id>', 'of this plan (default the latest in force that has the target)')
    .option('--run <id>', 'of the plan of this run')
    .option('--step <n>', 'in this step, from 1 on (default the one in which the target costs most)')
    .action((target: string, options: CommonOptions & WhyOptions) =>
      withSession((session) => why(session, target, options))(options),
    );
  add(program, 'plan-page <plan>', 'write a plan as a page to read, one HTML file that needs nothing else')
    .option('--out <file>', 'file to write (default stdout); one that exists is left alone')
    .action((id: string, options: CommonOptions & PageOptions) =>
      withSession((session) => planPage(session, id, options))(options),
    );
}

function addRunCommands(program: Command, add: Add, withSession: WithSession): void {
  const forRun = (
    usage: string,
    description: string,
    run: (session: Session, id: string) => Promise<number>,
  ) =>
    add(program, `${usage} <run>`, description).action((id: string, options: CommonOptions) =>
      withSession((session) => run(session, id))(options),
    );
  add(program, 'runs', 'list runs, newest first')
    .option('--limit <count>', 'at most so many, 1 to 200 (default 50)')
    .option('--status <status>', RUN_STATUSES.join(', '))
    .option('--kind <kind>', 'season or weddingDay')
    .action(withSession((session, options: CommonOptions & RunFilter) => listRuns(session, options)));
  forRun('watch', 'follow a run live, then print its report', watch);
  forRun('status', 'print where a run stands', status);
  forRun('release', 'give back what a run holds, as its load goes', (session, id) =>
    act(session, id, 'release'),
  );
  forRun('rollback', 'give back what a run holds at once, through the gate', (session, id) =>
    act(session, id, 'rollback'),
  );
  forRun('cancel', 'stop a run and undo what it did', (session, id) => act(session, id, 'cancel'));
  add(program, 'approve <run> [plan]', 'approve the plan a run waits with').action(
    (id: string, planId: string | undefined, options: CommonOptions) =>
      withSession((session) => approve(session, id, planId))(options),
  );
  add(
    program,
    'resolve <run> <resource> <action>',
    'decide about what a run asks a person: retry, skip or accept-drift',
  ).action((id: string, resource: string, action: string, options: CommonOptions) =>
    withSession((session) => resolve(session, id, resource, action))(options),
  );
}

function addImportCommands(program: Command, add: Add, withSession: WithSession): void {
  const group = (name: string, description: string) => program.command(name).description(description);
  const fleet = group('fleet', 'the declared inventory');
  add(fleet, 'import <file>', 'declare the fleet in a JSON file').action(
    (file: string, options: CommonOptions) => withSession((session) => importFleet(session, file))(options),
  );
  add(fleet, 'discover', 'write what a provider has as a fleet file, with a mark where only you can know')
    .requiredOption('--provider <provider>', PROVIDERS.join(', '))
    .requiredOption('--region <region...>', 'one or more regions')
    .option('--tag <tag>', `what bears it belongs to weddings, key or key=value (default ${FLEET_TAG})`)
    .option('--out <file>', 'file to write (default stdout); one that exists is left alone')
    .action(
      withSession((session, options: CommonOptions & DiscoverCommand) => discoverFleet(session, options)),
    );
  add(group('prices', 'what units cost'), 'refresh', "read list prices from the vendors' price APIs")
    .option('--fleet <file>', 'of what this file leaves to be looked up (default the fleet in force)')
    .action(
      withSession((session, options: CommonOptions & RefreshCommand) => refreshPrices(session, options)),
    );
  add(
    group('bookings', 'the weddings as booked'),
    'import <file>',
    'import .json, .ndjson or .csv, all or none',
  )
    .option('--replace', 'let a booking replace one of the same id with other content')
    .action((file: string, options: CommonOptions & { replace?: boolean }) =>
      withSession((session) => importBookings(session, file, options))(options),
    );
  add(
    group('observations', 'loads of targets, and demand by workload and market that forecasts learn from'),
    'import <file>',
    'import .json, .ndjson or .csv, all or none',
  ).action((file: string, options: CommonOptions) =>
    withSession((session) => importObservations(session, file))(options),
  );
}

function addKeyCommands(program: Command, add: Add, withSession: WithSession): void {
  const keys = program.command('keys').description('keys of the API, each for the scopes it was made with');
  add(keys, 'create', 'make a key; it is shown only this once')
    .requiredOption('--name <name>', 'for people')
    .requiredOption('--scope <scope...>', `one or more of ${['*', ...SCOPES].join(', ')}`)
    .action(
      withSession((session, options: CommonOptions & { name: string; scope: readonly string[] }) =>
        createKey(session, options),
      ),
    );
  add(keys, 'list', 'list the keys in force').action(withSession((session) => listKeys(session)));
  add(keys, 'revoke <key>', 'end a key').action((id: string, options: CommonOptions) =>
    withSession((session) => revokeKey(session, id))(options),
  );
}
