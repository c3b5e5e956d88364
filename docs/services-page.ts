import { API_LIMITS } from '../domain/api-limits.ts';
import type { Lever, OwnedSettings, ServiceDescriptor } from '../domain/service-descriptor.ts';
import { SERVICES } from '../domain/services.ts';

/**
 * docs/services.md, from the descriptors that planner, limiter and connection test read as well.
 * `node docs/services-page.ts > docs/services.md` writes it; a test holds the file against it.
 */
export function servicesPage(): string {
  return [
    '# Services',
    '',
    'Generated from `domain/services/` and `domain/api-limits.ts` by `node docs/services-page.ts`; do not edit.',
    '',
    'While a claim lives, the settings named below are ours. A tool that writes them too fights it: give Terraform',
    'the `ignore_changes` and Argo CD the `ignoreDifferences` that a service asks for.',
    '',
    ...SERVICES.flatMap(serviceSection),
    '## Rates',
    '',
    'Requests are paced by these buckets, per account and region, shared by all workers.',
    '',
    ...table(
      ['bucket', 'burst', 'per second', 'source'],
      API_LIMITS.map((limit) => [
        code(limit.bucket),
        String(limit.burst),
        figure(limit.ratePerSecond),
        limit.source,
      ]),
    ),
    '',
  ].join('\n');
}

function serviceSection(service: ServiceDescriptor): readonly string[] {
  return [
    `## ${service.title} (${code(service.id)})`,
    '',
    protectionOf(service),
    '',
    ...table(
      ['lever', 'unit', 'most', 'way back', 'minutes until it serves'],
      service.levers.map((lever) => [
        code(lever.id) + (lever.interrupts ? ' (interrupts)' : ''),
        lever.unitName,
        `${lever.vendorMaximumUnits.units.toLocaleString('en-US')} (${lever.vendorMaximumUnits.source})`,
        lever.reversibility,
        minutesOf(lever),
      ]),
    ),
    '',
    'Least permissions:',
    '',
    ...service.permissions.map(({ name, verb }) => `- ${code(name)} (${verb})`),
    '',
    discoveryOf(service),
    '',
    ...quotasOf(service),
    ...service.levers.flatMap((lever) => ownedSection(service, lever)),
  ];
}

function protectionOf({ protection }: ServiceDescriptor): string {
  return protection === 'fenced'
    ? 'A write is fenced: the vendor refuses it when the resource has changed since it was read.'
    : 'The vendor has no fence for a write: the resource is read before and after each.';
}

function discoveryOf({ discoveryPermissions: names }: ServiceDescriptor): string {
  if (names === undefined) return 'Not discoverable: its targets are written by hand.';
  if (names.length === 0) return 'Discovery needs nothing more.';
  return `Discovery needs ${names.map(code).join(', ')} too.`;
}

function minutesOf({ provisioningMinutes: { typical, p95, source } }: Lever): string {
  return `${typical} typically, ${p95} at the 95th percentile (${source})`;
}

function quotasOf({ quotas }: ServiceDescriptor): readonly string[] {
  if (quotas.length === 0) return [];
  const rows = quotas.map((quota) => [
    code(quota.code),
    quota.title,
    quota.levers.map(code).join(', '),
    quota.source,
  ]);
  return ['Quotas read while planning:', '', ...table(['code', 'quota', 'binds', 'source'], rows), ''];
}

function ownedSection(service: ServiceDescriptor, { id, ownedSettings }: Lever): readonly string[] {
  const blocks = [...terraformBlocks(ownedSettings), ...argoCdBlock(ownedSettings)];
  if (blocks.length === 0) return [];
  const title = service.levers.length > 1 ? `To leave alone, with ${code(id)}:` : 'To leave alone:';
  return [title, '', ...blocks];
}

function terraformBlocks({ terraform }: OwnedSettings): readonly string[] {
  return terraform.flatMap(({ resource, ignoreChanges, when }) => [
    '```hcl',
    `# ${when}`,
    `resource "${resource}" "..." {`,
    '  lifecycle {',
    `    ignore_changes = [${ignoreChanges.join(', ')}]`,
    '  }',
    '}',
    '```',
    '',
  ]);
}

function argoCdBlock({ argoCd }: OwnedSettings): readonly string[] {
  if (argoCd.length === 0) return [];
  const lines = argoCd.flatMap(({ group, kind, jsonPointers }) => [
    `    - group: ${group}`,
    `      kind: ${kind}`,
    '      jsonPointers:',
    ...jsonPointers.map((pointer) => `        - ${pointer}`),
  ]);
  return ['```yaml', 'spec:', '  ignoreDifferences:', ...lines, '```', ''];
}

/** A table with its columns in line, as the formatter wants it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A rate for people: at most four digits after the point. */
function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 4 });
}

if (import.meta.main) process.stdout.write(servicesPage());
