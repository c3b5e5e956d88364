import type { DeclaredFallbacks, Plan, PlannedFloor, StandIn } from '../../domain/plan.ts';
import { planOutlook } from '../../domain/plan-outlook.ts';
import { duration, figure, minute, PARAGRAPH_WIDTH, usd, wrapped } from './format.ts';
import { type Out, type Paint, paintFor, table } from './style.ts';

/** Prints a plan: what it asks for and why, what it costs, and how to apply it. */
export function renderPlan(plan: Plan, out: Out): void {
  const paint = paintFor(out);
  const { content } = plan;
  out.write(`${paint('bold', `Plan ${plan.id}`)}\n`);
  out.write(`${wrapped(content.peak.text, PARAGRAPH_WIDTH)}\n`);
  for (const step of content.steps) {
    const floors = content.floors.filter((floor) => floor.step === step.step);
    const title = `Step ${step.step + 1}: ${minute(step.fromMs)} to ${minute(step.untilMs)}`;
    out.write(`\n${paint('bold', title)}\n${floorTable(floors, paint)}`);
  }
  out.write(`\n${costTable(plan, paint)}`);
  for (const text of Object.values(planOutlook(content)))
    if (text !== null) out.write(`${wrapped(text, PARAGRAPH_WIDTH)}\n`);
  if (content.commitments.length > 0) {
    const lines = content.commitments.map(({ text }) => `${wrapped(text, PARAGRAPH_WIDTH)}\n`);
    out.write(`\n${paint('bold', 'Never given back; needs approval')}\n${lines.join('')}`);
  }
  if (content.standIn) out.write(`\n${shortageTable(content.standIn, paint)}`);
  if (content.fallbacks) out.write(`\n${fallbackTable(content.fallbacks, paint)}`);
  for (const reason of content.unreadQuotas ?? [])
    out.write(`\n${paint('yellow', wrapped(reason, PARAGRAPH_WIDTH))}\n`);
  if (content.drift.length > 0) out.write(`\n${driftTable(plan, paint)}`);
  out.write(
    `\nValid until ${minute(content.validUntilMs)}. Apply it with: wedscale apply --plan ${plan.id}\n`,
  );
}

function floorTable(floors: readonly PlannedFloor[], paint: Paint): string {
  if (floors.length === 0) return 'Nothing is needed beyond what runs.\n';
  const columns = [
    { head: 'target' },
    { head: 'floor', numeric: true },
    { head: 'need', numeric: true },
    { head: 'why' },
  ];
  const rows = floors.map((floor) => [
    floor.targetId,
    figure(floor.floorUnits),
    floor.needUnits.toFixed(2),
    wrapped(floor.explanation.text, 70),
  ]);
  return table(columns, rows, paint);
}

function costTable({ content: { cost, steps } }: Plan, paint: Paint): string {
  const first = steps[0];
  const last = steps.at(-1);
  const window = first && last ? ` over ${duration(last.untilMs - first.fromMs)}` : '';
  const rows = [
    ['per hour before', usd(cost.hourlyUsdBefore)],
    ['per hour at the costliest step', usd(cost.hourlyUsdAfter)],
    [`added in all${window}`, usd(cost.seasonUsd)],
  ];
  const sources = (cost.priceSources ?? []).map(
    ({ source, asOf, targets }) =>
      `${wrapped(`prices of ${targets} targets: ${source}, ${asOf}`, PARAGRAPH_WIDTH)}\n`,
  );
  const since = sources.length > 0 ? `oldest price of ${cost.priceDate}` : `prices of ${cost.priceDate}`;
  const columns = [{ head: `cost, ${since}` }, { head: 'USD', numeric: true }];
  return `${table(columns, rows, paint)}${sources.join('')}`;
}

function fallbackTable({ targets, ceilingHourlyUsd }: DeclaredFallbacks, paint: Paint): string {
  const most = `stand in where it runs short, up to ${usd(ceilingHourlyUsd)} USD/h in all`;
  const rows = targets.map(({ targetId, fallbacks }) => [targetId, fallbacks.join('\n')]);
  return table([{ head: 'target' }, { head: most }], rows, paint);
}

function shortageTable({ generation, shortages }: StandIn, paint: Paint): string {
  const columns = [
    { head: `ran short (generation ${generation})` },
    { head: 'step', numeric: true },
    { head: 'floor', numeric: true },
    { head: 'keeps', numeric: true },
  ];
  const rows = shortages.map((one) => [
    one.targetId,
    String(one.step + 1),
    figure(one.floorUnits),
    figure(one.keptUnits),
  ]);
  return table(columns, rows, paint);
}

function driftTable({ content }: Plan, paint: Paint): string {
  const columns = [
    { head: 'runs other than the fleet says' },
    { head: 'fleet', numeric: true },
    { head: 'live', numeric: true },
  ];
  const rows = content.drift.map((one) => [one.targetId, figure(one.baselineUnits), figure(one.liveUnits)]);
  return table(columns, rows, paint);
}
