import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { costByStep, type StepCost } from '../../domain/explanation/cost-by-step.ts';
import { headlineOf, planTitle } from '../../domain/explanation/headline.ts';
import type { PlanGrounds } from '../../domain/explanation/plan-grounds.ts';
import { type WorkloadOutlook, workloadOutlooks } from '../../domain/explanation/workload-outlook.ts';
import { floorSection } from './floor-section.ts';
import { html, jsonForScript, trusted } from './html.ts';
import {
  constraintSection,
  costSection,
  demandSection,
  exceptionSections,
  headlineSection,
  minute,
  regionSection,
} from './plan-sections.ts';
import { section } from './plan-tables.ts';

/** A page and the policy it is to be sent with. */
export interface PlanPage {
  readonly html: string;
  /** Value of `Content-Security-Policy`: nothing from anywhere, and only the script and styles of the page itself. */
  readonly contentSecurityPolicy: string;
}

const require = createRequire(import.meta.url);
const ours = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const uPlotFile = (name: string) => readFileSync(require.resolve(`uplot/dist/${name}`), 'utf8');

/** Travels with every copy of uPlot, as its license asks. */
const UPLOT_LICENSE = `/*! uPlot\n${readFileSync(require.resolve('uplot/LICENSE'), 'utf8')}*/\n`;
const STYLE = `${UPLOT_LICENSE}${uPlotFile('uPlot.min.css')}\n${ours('plan-page.css')}`;
const SCRIPT = `${UPLOT_LICENSE}${uPlotFile('uPlot.iife.min.js')}\n${ours('plan-page.browser.js')}`;
const POLICY = [
  "default-src 'none'",
  `script-src '${sha256(SCRIPT)}'`,
  `style-src '${sha256(STYLE)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/**
 * A plan as a page to read: one file that asks nothing of anybody, works from a disk and without JavaScript (then its
 * plots are tables only). Whatever users wrote stands in it as text.
 */
export function planPage(grounds: PlanGrounds): PlanPage {
  const { content, planId } = grounds;
  const title = planTitle(grounds);
  const costs = costByStep(grounds);
  const outlooks = workloadOutlooks(grounds);
  const first = content.steps[0];
  const last = content.steps.at(-1);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}: plan ${planId.slice(0, 12)}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${first && last ? `${minute(first.fromMs)} to ${minute(last.untilMs)}` : ''}, in ${content.steps.length} steps. Plan <code>${planId}</code>, valid until ${minute(content.validUntilMs)}.</p>
</header>
<main>
${headlineSection(headlineOf(grounds), content.peak.text)}
${demandSection(outlooks)}
${costSection(costs, content)}
${regionSection(costs)}
${floorSection(grounds)}
${constraintSection(content.optimality?.binding ?? null)}
${exceptionSections(content)}
${gapsSection(grounds)}
</main>
<footer><p>Apply exactly this plan with <code>wedscale apply --plan ${planId}</code>; any other number of it is explained by <code>wedscale why TARGET --plan ${planId} --step N</code>.</p></footer>
<script type="application/json" id="plot-data">${jsonForScript(plotData(costs, outlooks))}</script>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`;
  return { html: page.html, contentSecurityPolicy: `${POLICY}; frame-ancestors 'none'` };
}

/** What cannot be said of the plan as a whole. */
function gapsSection({ fleet, requirements }: PlanGrounds) {
  const gaps = [
    !fleet &&
      'Another fleet is in force than the plan was made for, so that its prices, units and places are not shown.',
    !requirements && 'The requirements of its run were not kept, so that its demand over time is not shown.',
  ].filter((gap) => gap !== false);
  return (
    gaps.length > 0 &&
    section('unknown', 'Not known', html`<ul>${gaps.map((gap) => html`<li>${gap}</li>`)}</ul>`)
  );
}

/** What plan-page.browser.js draws. Times in seconds since the epoch; four digits are more than a plot shows. */
function plotData(costs: readonly StepCost[] | null, outlooks: readonly WorkloadOutlook[] | null) {
  const rounded = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(4)));
  const providers = Object.keys(costs?.[0]?.hourlyUsdByProvider ?? {});
  return {
    workloads: (outlooks ?? []).map(({ workload, unit, startMs, expected, design, carried }) => ({
      workload,
      unit: `${unit}/s`,
      startSeconds: startMs / 1000,
      expected: expected && rounded(expected),
      design: rounded(design),
      carried: rounded(carried),
    })),
    cost: costs && {
      fromSeconds: costs.map(({ fromMs }) => fromMs / 1000),
      untilSeconds: (costs.at(-1)?.untilMs ?? 0) / 1000,
      providers: providers.map((provider) => ({
        provider,
        hourlyUsd: rounded(costs.map((step) => step.hourlyUsdByProvider[provider] ?? 0)),
      })),
    },
  };
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
