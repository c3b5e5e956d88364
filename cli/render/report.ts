import type { CellReport, RunReport, ServiceReport } from '../../domain/report.ts';
import { byName, duration, figure, minute, PARAGRAPH_WIDTH, usd, withoutJson, wrapped } from './format.ts';
import { hindsightBlock } from './hindsight.ts';
import { type Out, type Paint, paintFor, paintStatus, table } from './style.ts';

/** Widest column of sentences, in characters: with the names beside it a table still fits a wide terminal. */
const TEXT_WIDTH = 70;
/** The same for errors, which stand between the seven columns of the services. */
const ERROR_WIDTH = 40;

/** Prints a run's report as tables for people; colours only where `out` is a terminal that wants them. */
export function renderReport(report: RunReport, out: Out): void {
  const paint = paintFor(out);
  const sections = [
    headline(report, paint),
    attention(report, paint),
    phases(report, paint),
    cells(report, paint),
    services(report, paint),
    plan(report, paint),
    routing(report, paint),
    monitoring(report, paint),
    health(report, paint),
    fallbacks(report, paint),
    rollback(report, paint),
    hindsightBlock(report.hindsight ?? [], paint),
    times(report, paint),
    links(report, paint),
  ];
  out.write(`${sections.filter((section) => section !== '').join('\n')}\n`);
}

function headline(report: RunReport, paint: Paint): string {
  const dry = report.dryRun ? ', dry run' : '';
  const lines = [
    `${paint('bold', `Run ${report.runId}`)} (${report.kind}${dry}, ${report.environment}): ` +
      paintStatus(report.status, paint),
  ];
  if (report.error) lines.push(paint('red', `${report.error.type}: ${report.error.message}`));
  if (report.hold) {
    const next = report.hold.nextStepAt ? `, next step ${minute(report.hold.nextStepAt)}` : '';
    lines.push(`Hold: ${paintStatus(report.hold.status, paint)} until ${minute(report.hold.until)}${next}`);
  }
  return `${lines.join('\n')}\n`;
}

function phases(report: RunReport, paint: Paint): string {
  const columns = [
    { head: 'phase' },
    { head: 'status' },
    { head: 'began' },
    { head: 'took', numeric: true },
    { head: 'attempts', numeric: true },
  ];
  const rows = report.phases.map((phase) => [
    phase.name,
    paintStatus(phase.status, paint),
    phase.startedAt ? phase.startedAt.slice(11, 23) : '',
    phase.ms === null ? '' : duration(phase.ms),
    String(phase.attempts),
  ]);
  return titled('Phases', table(columns, rows, paint), paint);
}

function cells(report: RunReport, paint: Paint): string {
  if (report.cells.length === 0) return '';
  const columns = [
    { head: 'cell' },
    { head: 'status' },
    { head: 'took', numeric: true },
    { head: 'adds per hour', numeric: true },
    { head: 'could carry before' },
    { head: 'can carry after' },
  ];
  const rows = report.cells.map((cell) => [
    `${cell.provider}/${cell.region}`,
    paintStatus(cell.status, paint),
    duration(cell.ms),
    usd(cell.costImpact.hourlyUsd),
    byName(cell.performance.before).replaceAll(', ', '\n'),
    byName(cell.performance.after).replaceAll(', ', '\n'),
  ]);
  const sources = [...new Set(report.cells.map((cell) => cell.performance.source))].join('; ');
  return titled('Cells', `${table(columns, rows, paint)}${paint('dim', `Performance: ${sources}`)}\n`, paint);
}

function services(report: RunReport, paint: Paint): string {
  if (report.cells.length === 0) return '';
  const columns = [
    { head: 'service' },
    { head: 'from', numeric: true },
    { head: 'to', numeric: true },
    { head: 'observed', numeric: true },
    { head: 'floor now', numeric: true },
    { head: 'status' },
    { head: 'protection' },
  ];
  const rows = report.cells.flatMap((cell) => serviceRows(cell, paint));
  return titled('Services, in units', table(columns, rows, paint), paint);
}

function serviceRows(cell: CellReport, paint: Paint): string[][] {
  return cell.services.map((service) => [
    service.critical ? `${service.targetId} (critical)` : service.targetId,
    figure(service.from),
    figure(service.to),
    service.observed === null ? '' : figure(service.observed),
    figure(service.effectiveFloor),
    statusOf(service, paint),
    service.protection,
  ]);
}

function statusOf(service: ServiceReport, paint: Paint): string {
  const status = paintStatus(service.status, paint);
  if (!service.error) return status;
  return `${status}\n${wrapped(`${service.error.kind}: ${service.error.message}`, ERROR_WIDTH)}`;
}

function plan(report: RunReport, paint: Paint): string {
  if (!report.plan) return '';
  const { id, hourlyUsdBefore, hourlyUsdAfter, seasonUsd, explanation, outlook = [] } = report.plan;
  const columns = [
    { head: 'cost' },
    { head: 'before', numeric: true },
    { head: 'after', numeric: true },
    { head: 'difference', numeric: true },
  ];
  const rows = [
    ['per hour', usd(hourlyUsdBefore), usd(hourlyUsdAfter), usd(hourlyUsdAfter - hourlyUsdBefore)],
    ['whole window', '', '', usd(seasonUsd)],
  ];
  return titled(
    `Plan ${id}`,
    `${table(columns, rows, paint)}${[explanation, ...outlook].map((text) => `${wrapped(text, PARAGRAPH_WIDTH)}\n`).join('')}`,
    paint,
  );
}

function routing(report: RunReport, paint: Paint): string {
  if (report.routing.length === 0) return '';
  const columns = [
    { head: 'record set' },
    { head: 'from' },
    { head: 'to' },
    { head: 'observed' },
    { head: 'steps', numeric: true },
    { head: 'status' },
  ];
  const rows = report.routing.map((route) => [
    route.recordSetId,
    ...[route.from, route.to, route.observed].map((weights) => byName(weights).replaceAll(', ', '\n')),
    String(route.steps),
    paintStatus(route.status, paint),
  ]);
  return titled('Routing, by weight', table(columns, rows, paint), paint);
}

function monitoring(report: RunReport, paint: Paint): string {
  if (report.monitoring.length === 0) return '';
  const columns = [
    { head: 'platform' },
    { head: 'status' },
    { head: 'dashboards' },
    { head: 'alert rules', numeric: true },
    { head: 'metrics published', numeric: true },
    { head: 'without a source' },
  ];
  const rows = report.monitoring.map((platform) => [
    platform.platform,
    paintStatus(platform.status, paint),
    platform.dashboards.map((dashboard) => dashboard.url ?? dashboard.title).join('\n'),
    String(platform.alertRules.length),
    String(platform.metricsPublished.length),
    platform.metricsAbsent.join('\n') || 'none',
  ]);
  return titled('Monitoring', table(columns, rows, paint), paint);
}

function health(report: RunReport, paint: Paint): string {
  if (report.health.length === 0) return '';
  const columns = [{ head: 'check' }, { head: 'status' }, { head: 'detail' }];
  const rows = report.health.map((one) => [
    one.check,
    paintStatus(one.status, paint),
    wrapped(withoutJson(one.detail), TEXT_WIDTH),
  ]);
  return titled('Health', table(columns, rows, paint), paint);
}

function fallbacks(report: RunReport, paint: Paint): string {
  if (report.fallbacks.length === 0) return '';
  const columns = [
    { head: 'ran short' },
    { head: 'asked', numeric: true },
    { head: 'keeps', numeric: true },
    { head: 'stands in, with units' },
    { head: 'USD/h in all', numeric: true },
    { head: 'approved by' },
    { head: 'why' },
  ];
  const rows = report.fallbacks.map((one) => [
    one.targetId,
    figure(one.from),
    figure(one.to),
    one.standIns.map(({ targetId, to }) => `${targetId}: ${figure(to)}`).join('\n'),
    usd(one.hourlyUsdAfter),
    one.approvedBy ?? 'declared before',
    wrapped(withoutJson(one.error.message), ERROR_WIDTH),
  ]);
  return titled('Fallbacks', table(columns, rows, paint), paint);
}

function rollback(report: RunReport, paint: Paint): string {
  if (!report.rollback) return '';
  const { undone, kept, residual } = report.rollback;
  const rows = [
    ...undone.map((resource) => [resource, 'as before', '']),
    ...kept.map((resource) => [resource, 'kept', '']),
    ...residual.map((rest) => [rest.resource, paint('red', 'not undone'), wrapped(rest.reason, TEXT_WIDTH)]),
  ];
  const columns = [{ head: 'resource' }, { head: 'state' }, { head: 'reason' }];
  return titled('Rollback', table(columns, rows, paint), paint);
}

/** Shown before all figures: it is what the reader is needed for. */
function attention(report: RunReport, paint: Paint): string {
  if (report.attention.length === 0) return '';
  const columns = [{ head: 'resource' }, { head: 'since' }, { head: 'what a person has to look at' }];
  const rows = report.attention.map((one) => [
    one.resource,
    minute(one.at),
    wrapped(withoutJson(one.message), TEXT_WIDTH),
  ]);
  const answer =
    `Decide: POST /api/runs/${report.runId}/resolve {resource, action: retry, skip or accept-drift}\n` +
    `or, about a plan: wedscale approve ${report.runId} PLAN\n`;
  return titled('Needs a person', `${table(columns, rows, paint)}${paint('dim', answer)}`, paint);
}

function times(report: RunReport, paint: Paint): string {
  const columns = [
    { head: 'time' },
    { head: 'in all', numeric: true },
    { head: 'ours', numeric: true },
    { head: "the vendors'", numeric: true },
  ];
  const { executionTimeMs, ownMs, vendorMs } = report;
  const rows = [['from request to end', duration(executionTimeMs), duration(ownMs), duration(vendorMs)]];
  return titled('Time', table(columns, rows, paint), paint);
}

function links(report: RunReport, paint: Paint): string {
  const webUi = report.links.webUi ? `\nTemporal Web UI: ${report.links.webUi}` : '';
  return titled('Links', `Report: ${report.links.api}${webUi}\n`, paint);
}

function titled(title: string, body: string, paint: Paint): string {
  return `${paint('bold', title)}\n${body}`;
}
