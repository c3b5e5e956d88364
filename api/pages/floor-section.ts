import type { PlanGrounds } from '../../domain/explanation/plan-grounds.ts';
import { costliestStep, type WhyFloor, whyFloor } from '../../domain/explanation/why-floor.ts';
import { money, whyInWords } from '../../domain/explanation/why-in-words.ts';
import { figure } from '../../domain/floor-explanation.ts';
import { type Html, html } from './html.ts';
import { section, table } from './plan-tables.ts';

/** Every target with a floor: its costliest step with the reasons folded away, and its floors in the other steps. */
export function floorSection(grounds: PlanGrounds): Html {
  const { floors } = grounds.content;
  const ids = [...new Set(floors.map((floor) => floor.targetId))].toSorted();
  if (ids.length === 0) return section('floors', 'Floors', html`<p>Nothing is needed beyond what runs.</p>`);
  const whys = ids
    .map((id) => whyFloor(grounds, id, costliestStep(grounds, id)))
    .filter((why) => why !== null);
  return section(
    'floors',
    'Floors',
    html`<p>Why a number is what it is unfolds below it, for the step in which the target costs most.</p>`,
    table(
      'The least units of each target in its costliest step',
      [
        { head: 'target' },
        { head: 'workload' },
        { head: 'was', numeric: true },
        { head: 'floor', numeric: true },
        { head: 'step', numeric: true },
        { head: 'adds per hour', numeric: true },
      ],
      whys.map((why) => ({
        below: reasons(why, grounds.content.steps.length),
        cells: [
          why.targetId,
          why.workload?.id ?? '–',
          why.liveUnits === null ? '–' : figure(why.liveUnits),
          figure(why.floorUnits),
          String(why.step + 1),
          typeof why.cost?.addedHourlyUsd === 'number' ? money(why.cost.addedHourlyUsd) : '–',
        ],
      })),
    ),
  );
}

function reasons(why: WhyFloor, steps: number): Html {
  // What is true of the whole plan is said once, at its end.
  const passages = whyInWords(why).filter(({ title }) => title !== 'Not known');
  const others = why.floorsByStep.filter(({ step }) => step !== why.step);
  return html`<details><summary>why ${figure(why.floorUnits)}?</summary>
${passages.map(({ title, sentences }) => html`<h3>${title}</h3>${sentences.map((text) => html`<p>${text}</p>`)}`)}
${
  steps > 1 &&
  html`<h3>Other steps</h3><p>${
    others.length === 0
      ? 'None needs it.'
      : others.map(({ step, floorUnits }) => `step ${step + 1}: ${figure(floorUnits)}`).join(', ')
  }</p>`
}</details>`;
}
