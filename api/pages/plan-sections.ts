import type { StepCost } from '../../domain/explanation/cost-by-step.ts';
import type { HeadlineFact } from '../../domain/explanation/headline.ts';
import { money } from '../../domain/explanation/why-in-words.ts';
import type { WorkloadOutlook } from '../../domain/explanation/workload-outlook.ts';
import { figure } from '../../domain/floor-explanation.ts';
import type { BindingConstraint, PlanContent } from '../../domain/plan.ts';
import { type Html, html } from './html.ts';
import { bar, section, table } from './plan-tables.ts';

/** An instant for people, to the minute, in UTC. */
export function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** What is said where a plan has no answer. */
export const NOT_KNOWN = 'not known: the plan was made without it';

/** The figures a reader wants first. */
export function headlineSection(facts: readonly HeadlineFact[], peakText: string): Html {
  const items = facts.map(
    ({ label, value, note }) =>
      html`<div class="fact"><dt>${label}</dt><dd>${
        value === null ? html`<span class="unknown">${NOT_KNOWN}</span>` : html`<b>${value}</b>`
      }${value !== null && note !== '' && html`<small>${note}</small>`}</dd></div>
`,
  );
  return section(
    'headline',
    'In short',
    html`<dl class="facts">
${items}</dl>
<p>${peakText}</p>`,
  );
}

/** Demand against what the floors carry: a plot of one workload at a time, and the peaks of all in a table. */
export function demandSection(outlooks: readonly WorkloadOutlook[] | null): Html {
  if (!outlooks || outlooks.length === 0) {
    return section('demand', 'Demand and floors', html`<p>The demand of this plan is ${NOT_KNOWN}.</p>`);
  }
  const rows = outlooks.flatMap(({ workload, unit, steps }) =>
    steps.map((step) => ({
      cells: [
        workload,
        String(step.step + 1),
        minute(step.peakAtMs),
        step.expectedAtPeak === null ? '–' : figure(step.expectedAtPeak),
        figure(step.designAtPeak),
        figure(step.carried),
        `${unit}/s`,
      ],
    })),
  );
  const options = outlooks.map(
    ({ workload, unit }) => html`<option value="${workload}">${workload} (${unit}/s)</option>`,
  );
  return section(
    'demand',
    'Demand and floors',
    html`<p>What is expected, what the plan is made ready for, and what its floors carry at the planned utilization. Each target is ready for the worst hour of its own markets, so that floors carry more than the highest hour of all markets together. Times are UTC.</p>
<p class="scripted" hidden><label>Workload <select id="workload">${options}</select></label></p>
<figure class="scripted" hidden><div class="plot" id="demand-plot"></div><figcaption>Demand by hour and what the floors carry. The table below has its peaks.</figcaption></figure>`,
    table(
      'Highest demand of each workload by step, of all markets together',
      [
        { head: 'workload' },
        { head: 'step', numeric: true },
        { head: 'highest at' },
        { head: 'expected', numeric: true },
        { head: 'ready for', numeric: true },
        { head: 'floors carry', numeric: true },
        { head: 'unit' },
      ],
      rows,
    ),
  );
}

/** Cost per hour by provider over the steps. */
export function costSection(costs: readonly StepCost[] | null, { cost }: PlanContent): Html {
  if (!costs) return section('cost', 'Cost by provider', html`<p>The cost by provider is ${NOT_KNOWN}.</p>`);
  const providers = Object.keys(costs[0]?.hourlyUsdByProvider ?? {});
  const rows = costs.map((step) => ({
    cells: [
      String(step.step + 1),
      minute(step.fromMs),
      minute(step.untilMs),
      ...providers.map((provider) => money(step.hourlyUsdByProvider[provider] ?? 0)),
      money(step.hourlyUsd),
      money(step.addedHourlyUsd),
    ],
  }));
  return section(
    'cost',
    'Cost by provider',
    html`<figure class="scripted" hidden><div class="plot" id="cost-plot"></div><figcaption>USD per hour by provider, one on the other.</figcaption></figure>`,
    table(
      `USD per hour by step: the higher of what was there and the floor, prices of ${cost.priceDate}`,
      [
        { head: 'step', numeric: true },
        { head: 'from' },
        { head: 'until' },
        ...providers.map((head) => ({ head, numeric: true })),
        { head: 'all', numeric: true },
        { head: 'added', numeric: true },
      ],
      rows,
    ),
  );
}

/** Cost per hour by region in the costliest step. */
export function regionSection(costs: readonly StepCost[] | null): Html | null {
  const costliest = costs?.reduce((most, step) => (step.hourlyUsd > most.hourlyUsd ? step : most));
  if (!costliest) return null;
  const cells = Object.entries(costliest.hourlyUsdByCell).toSorted(([, a], [, b]) => b - a);
  const most = cells[0]?.[1] ?? 0;
  return section(
    'regions',
    'Regions',
    table(
      `USD per hour by provider and region in step ${costliest.step + 1}, the costliest`,
      [{ head: 'region' }, { head: 'USD/h', numeric: true }, { head: 'share', numeric: true }, { head: '' }],
      cells.map(([cell, usd]) => ({
        cells: [cell, money(usd), `${figure((usd / costliest.hourlyUsd) * 100)} %`, bar(usd, most)],
      })),
    ),
  );
}

/** What stands in the way of a cheaper plan, dearest first. */
export function constraintSection(constraints: readonly BindingConstraint[] | null): Html {
  const content =
    constraints === null
      ? html`<p>What constraints cost is ${NOT_KNOWN}.</p>`
      : constraints.length === 0
        ? html`<p>No constraint binds: every workload is where it is cheapest.</p>`
        : table(
            'Constraints that bind, and what one more unit of each would save',
            [
              { head: 'constraint' },
              { head: 'of' },
              { head: 'step', numeric: true },
              { head: 'saves over the step', numeric: true },
              { head: 'per' },
            ],
            constraints
              .toSorted((a, b) => b.savesUsd - a.savesUsd)
              .map(({ constraint, resource, step, savesUsd, unit }) => ({
                cells: [
                  constraint,
                  resource,
                  step === undefined ? 'all' : String(step + 1),
                  money(savesUsd),
                  unit,
                ],
              })),
          );
  return section('constraints', 'What stands in the way of a cheaper plan', content);
}

/** Drift, commitments, fallbacks, shortages and quotas that were not read; each only where there is any. */
export function exceptionSections(content: PlanContent): readonly (Html | null)[] {
  const { drift, commitments, fallbacks, standIn, unreadQuotas = [] } = content;
  const numeric = (head: string) => ({ head, numeric: true });
  return [
    commitments.length === 0
      ? null
      : section(
          'commitments',
          'Never given back; needs approval',
          html`<ul>${commitments.map(({ text }) => html`<li>${text}</li>`)}</ul>`,
        ),
    drift.length === 0
      ? null
      : section(
          'drift',
          'Drift',
          table(
            'Targets that run other than the fleet says, in units',
            [{ head: 'target' }, numeric('fleet'), numeric('live')],
            drift.map((one) => ({ cells: [one.targetId, figure(one.baselineUnits), figure(one.liveUnits)] })),
          ),
        ),
    standIn
      ? section(
          'shortages',
          'Ran short',
          table(
            `Targets the vendor had no room for; this is generation ${standIn.generation} of the plan`,
            [{ head: 'target' }, numeric('step'), numeric('floor'), numeric('keeps')],
            standIn.shortages.map((one) => ({
              cells: [one.targetId, String(one.step + 1), figure(one.floorUnits), figure(one.keptUnits)],
            })),
          ),
        )
      : null,
    fallbacks
      ? section(
          'fallbacks',
          'Fallbacks',
          table(
            `Who stands in where a target runs short, up to ${money(fallbacks.ceilingHourlyUsd)} per hour in all`,
            [{ head: 'target' }, { head: 'stands in, in this order' }],
            fallbacks.targets.map((one) => ({ cells: [one.targetId, one.fallbacks.join(', ')] })),
          ),
        )
      : null,
    unreadQuotas.length === 0
      ? null
      : section(
          'quotas',
          'Quotas that could not be read',
          html`<ul>${unreadQuotas.map((reason) => html`<li>${reason}</li>`)}</ul>`,
        ),
  ];
}
