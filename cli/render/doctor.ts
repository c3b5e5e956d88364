import type { ContainerHealth, Health, ProviderHealth, ProviderTest } from '../../domain/integration.ts';
import { duration, figure, minute } from './format.ts';
import { type Out, type Paint, paintFor, paintStatus, table } from './style.ts';

/** The status as the API answers it. */
export interface IntegrationStatus {
  readonly cloudProviders: readonly ProviderHealth[];
  readonly containers: readonly ContainerHealth[];
  readonly lastHealthCheck: string | null;
  readonly overallStatus: Health;
}

/** A provider with its last test, as the API answers it. */
export interface TestedProvider {
  readonly integrationId: string;
  readonly provider: string;
  readonly name: string;
  readonly testResult: ProviderTest | null;
}

/** Prints the status, then what the last test of each provider found. */
export function renderDoctor(
  status: IntegrationStatus,
  providers: readonly TestedProvider[],
  out: Out,
): void {
  const paint = paintFor(out);
  const { overallStatus, lastHealthCheck } = status;
  const last =
    lastHealthCheck === null ? 'Nothing has been tested yet.' : `Last test ${minute(lastHealthCheck)}.`;
  out.write(`Overall: ${paintStatus(overallStatus, paint)}. ${last}\n`);
  if (status.cloudProviders.length === 0) {
    out.write('No provider is connected: POST /api/integrations/scalability/cloud-providers connects one.\n');
    return;
  }
  out.write(providerTable(status.cloudProviders, paint));
  for (const provider of providers) renderTest(provider, paint, out);
}

function providerTable(providers: readonly ProviderHealth[], paint: Paint): string {
  const columns = ['provider', 'name', 'environment', 'status', 'tested', 'what is wrong'];
  const rows = providers.map((one) => [
    one.provider,
    one.name,
    one.environment ?? '',
    paintStatus(one.status, paint),
    one.checkedAt === null ? 'never' : minute(one.checkedAt),
    shortened(one.message),
  ]);
  return table(
    columns.map((head) => ({ head })),
    rows,
    paint,
  );
}

function renderTest({ provider, name, testResult: test }: TestedProvider, paint: Paint, out: Out): void {
  out.write(`\n${paint('bold', `${provider} ${name}`)}\n`);
  if (!test) {
    out.write('Not tested yet.\n');
    return;
  }
  const { identity } = test;
  const who = identity.arn === null ? identity.message : `${identity.arn}, account ${identity.account}`;
  out.write(`Identity: ${paintStatus(identity.status, paint)}: ${who}\n`);
  out.write(`Environment: ${test.environment}; tested in ${duration(test.durationMs)}\n`);
  out.write(permissionTable(test, paint));
  out.write(readTable(test, paint));
  out.write(quotaTable(test, paint));
}

/** What is allowed is counted, the rest is named. */
function permissionTable({ permissions }: ProviderTest, paint: Paint): string {
  const allowed = permissions.filter(({ status }) => status === 'allowed').length;
  const rows = permissions
    .filter(({ status }) => status !== 'allowed')
    .map(({ name, status, services, message }) => [
      name,
      paintStatus(status, paint),
      services.join('\n'),
      shortened(message),
    ]);
  const head = `Permissions: ${allowed} of ${permissions.length} allowed.\n`;
  if (rows.length === 0) return head;
  const columns = ['permission', 'status', 'needed by', 'why'].map((name) => ({ head: name }));
  return `${head}${table(columns, rows, paint)}`;
}

function readTable({ reads }: ProviderTest, paint: Paint): string {
  if (reads.length === 0) return 'Reads: none was made.\n';
  const columns = [
    { head: 'read of' },
    { head: 'region' },
    { head: 'status' },
    { head: 'ms', numeric: true },
    { head: '' },
  ];
  const rows = reads.map(({ service, region, status, latencyMs, message }) => [
    service,
    region,
    paintStatus(status, paint),
    latencyMs === null ? '' : figure(latencyMs),
    shortened(message),
  ]);
  return table(columns, rows, paint);
}

function quotaTable({ quotas }: ProviderTest, paint: Paint): string {
  if (quotas.length === 0) return 'Quotas: none was read.\n';
  const columns = [{ head: 'quota' }, { head: 'region' }, { head: 'limit', numeric: true }, { head: '' }];
  const rows = quotas.map(({ title, code, region, limit, message }) => [
    code === null ? '' : `${title} (${code})`,
    region,
    limit === null ? 'unread' : figure(limit),
    shortened(message),
  ]);
  return table(columns, rows, paint);
}

/** A vendor's words can be long; the whole of them is in `--json`. */
function shortened(text: string): string {
  return text.length > 140 ? `${text.slice(0, 139)}…` : text;
}
