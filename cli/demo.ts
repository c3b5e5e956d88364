import { randomUUID } from 'node:crypto';
import { cellId, cellOf, type Fleet } from '../domain/fleet.ts';
import type { RunReport, RunStatus } from '../domain/report.ts';
import { ApiRefusal, apiClient } from './client.ts';
import { importBookings, importFleet } from './commands/imports.ts';
import { readRequest } from './commands/seasons.ts';
import { inheritedEnvironment, UsageError } from './config.ts';
import { createChaos } from './demo/chaos.ts';
import { DEMO_HELP, type DemoOptions, readDemoOptions } from './demo/options.ts';
import { reportQuietLoad } from './demo/platform-load.ts';
import { createProgress } from './demo/progress.ts';
import { sandboxControl } from './demo/sandbox.ts';
import { type DemoService, startDemoService } from './demo/service.ts';
import { type Check, verify } from './demo/verification.ts';
import { followRun } from './follow.ts';
import { renderReport } from './render/report.ts';
import { paintFor } from './render/style.ts';
import { readFleetFile } from './request-file.ts';
import type { Session, Streams } from './session.ts';

/** What the demo found; with `--json` printed as one document, the report's fields first. */
interface DemoResult {
  readonly report: RunReport;
  readonly checks: readonly Check[];
  readonly chaos: { readonly struck: boolean; readonly text: string };
  readonly passed: boolean;
}

/** How a season is to end under each chaos. */
const EXPECTED: Readonly<Record<string, RunStatus>> = { 'critical-failure': 'rolledBack' };

/** The main job, over HTTP: everything started, one season made ready, the report held against the ledger. */
async function demo(
  options: DemoOptions,
  fleet: Fleet,
  service: DemoService,
  streams: Streams,
): Promise<DemoResult> {
  const { ready } = service;
  const api = apiClient(ready.api);
  const session: Session = { ...streams, stdout: streams.stderr, api, json: false };
  const sandbox = sandboxControl(ready.sandbox.control);
  await importFleet(session, options.fleet);
  await importBookings(session, options.bookings, {});
  const cellNames = new Map(fleet.targets.map((target) => [target.id, cellId(cellOf(target))]));
  const progress = createProgress(streams.stderr, cellNames);
  const before = await sandbox.world();
  const chaos = createChaos(options.chaos, fleet, sandbox);
  await chaos.begin();
  const stopReporting = reportQuietLoad(api, fleet);
  let report: RunReport;
  try {
    const { route, body } = await readRequest(options.season, api);
    const { runId } = await api.request<{ runId: string }>(route, {
      method: 'POST',
      body,
      headers: { 'idempotency-key': randomUUID() },
    });
    progress.say(`Run ${runId} is accepted; watch it in the Web UI: ${ready.temporal.webUiUrl}`);
    report = await followRun(api, runId, (event) => {
      progress.hear(event);
      chaos.hear(event);
    });
  } finally {
    progress.end();
    stopReporting();
  }
  const after = await sandbox.world();
  const checks = verify({ report, fleet, before, after, ledger: await sandbox.ledger() });
  const outcome = await chaos.outcome();
  const expected = EXPECTED[options.chaos ?? ''] ?? 'completed';
  const agreed = checks.every((check) => check.mismatches.length === 0);
  return { report, checks, chaos: outcome, passed: agreed && outcome.struck && report.status === expected };
}

function print(
  { report, checks, chaos, passed }: DemoResult,
  options: DemoOptions,
  { stdout }: Streams,
): void {
  if (options.json) {
    const document = {
      ...report,
      verification: { passed, chaos: options.chaos, ...(options.chaos && chaos), checks },
    };
    stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const paint = paintFor(stdout);
  renderReport(report, stdout);
  if (report.hold?.nextStepAt) {
    stdout.write(
      `\nNothing more is due before ${report.hold.nextStepAt} (service time): capacity is asked for by its targets' lead ` +
        'times; additionalLeadMinutes of the season brings that forward (docs/formats.md).\n',
    );
  }
  if (options.chaos) stdout.write(`\n${paint('bold', `Chaos ${options.chaos}`)}: ${chaos.text}\n`);
  stdout.write(`\n${paint('bold', "Against the sandbox's own ledger and live state")}\n`);
  for (const { name, mismatches } of checks) {
    const verdict = mismatches.length === 0 ? paint('green', 'agrees') : paint('red', 'DISAGREES');
    stdout.write(
      `  ${verdict}  ${name}\n${mismatches.map((mismatch) => `             ${mismatch}\n`).join('')}`,
    );
  }
  stdout.write(`\n${passed ? paint('green', 'The demo passed.') : paint('red', 'The demo FAILED.')}\n`);
}

/** Leaves everything running until Ctrl-C. */
async function keep({ ready, ended }: DemoService, streams: Streams): Promise<void> {
  const { api, temporal, sandbox } = ready;
  streams.stderr.write(
    `\nEverything keeps running until Ctrl-C:\n  export WEDSCALE_API_URL=${api.url} WEDSCALE_API_KEY=${api.key}\n` +
      `  Web UI ${temporal.webUiUrl}\n  API reference ${api.url}/docs\n  sandbox ${sandbox.control}/world\n`,
  );
  await Promise.race([ended, new Promise((resolve) => process.once('SIGINT', resolve))]);
}

async function main(args: readonly string[], streams: Streams): Promise<number> {
  const options = await readDemoOptions(args);
  if (!options) {
    streams.stdout.write(DEMO_HELP);
    return 0;
  }
  // Before anything is started: the sandbox's resources are made from it.
  const fleet = await readFleetFile(options.fleet);
  const service = await startDemoService({
    fleet: options.fleet,
    workers: options.workers,
    environment: inheritedEnvironment(),
    onProgress: (text) => streams.stderr.write(`${text}\n`),
  });
  const interrupted = () => void service.stop().finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    const result = await demo(options, fleet, service, streams);
    print(result, options, streams);
    if (options.keep) {
      process.off('SIGINT', interrupted);
      await keep(service, streams);
    }
    return result.passed ? 0 : 1;
  } finally {
    await service.stop();
  }
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2), process);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ApiRefusal || error instanceof Error)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof UsageError || error instanceof ApiRefusal ? 2 : 1;
  }
}
