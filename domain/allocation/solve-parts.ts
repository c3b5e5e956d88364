import type { BindingConstraint, Optimality } from '../plan.ts';
import { shareOut } from '../shares.ts';
import { roundUsd } from '../usd.ts';
import { couple } from './couplings.ts';
import {
  type MixedIntegerModel,
  modelDraft,
  type Solver,
  type SolverAnswer,
  type SolverLimits,
} from './mixed-integer.ts';
import { draftPart, type PartColumns } from './part-model.ts';
import { bindingOf, type PartSolution, readPart } from './part-solution.ts';
import type { Part } from './parts.ts';
import { paidHours, type Situation } from './situation.ts';

/** What came of parts that were solved apart or together. */
export interface Solved {
  /** In the order of the parts. */
  readonly solutions: readonly PartSolution[];
  readonly costUsd: number;
  readonly boundUsd: number;
  readonly binding: readonly BindingConstraint[];
}

/** Every part for itself: nothing ties them together but what is looked at afterwards. */
export async function solveApart(
  situation: Situation,
  parts: readonly Part[],
  solve: Solver,
  limits: SolverLimits,
): Promise<Solved> {
  const drafts = parts.map((part) => draftAlone(situation, part, situation.rules));
  const answers = await solve(
    drafts.map(({ model }) => model),
    limits,
  );
  const missing = parts.filter((_, index) => answers[index]?.status === 'infeasible');
  const least = await leastUnserved(situation, missing, solve, limits);
  const solutions = parts.map((part, index): PartSolution => {
    const answer = answers[index];
    const draft = drafts[index];
    if (draft && answer?.status === 'solved') return readPart(draft.columns, answer.values);
    return least.get(part) ?? { ...greedily(situation, part), undecided: true };
  });
  return together(drafts, answers, solutions);
}

interface Draft {
  readonly model: MixedIntegerModel;
  readonly columns: PartColumns;
}

function draftAlone(situation: Situation, part: Part, rules: Situation['rules']): Draft {
  const draft = modelDraft();
  const columns = draftPart(draft, part, rules, paidHours(situation, part));
  return { model: draft.done(), columns };
}

/**
 * All parts in one model, with what ties them together.
 * @returns null where nothing was found that keeps all of it.
 */
export async function solveTogether(
  situation: Situation,
  parts: readonly Part[],
  solve: Solver,
  limits: SolverLimits,
): Promise<Solved | null> {
  const draft = modelDraft();
  const columns = parts.map((part) => draftPart(draft, part, situation.rules, paidHours(situation, part)));
  couple(draft, situation, columns);
  const model = draft.done();
  const [answer] = await solve([model], limits);
  if (answer?.status !== 'solved') return null;
  return {
    solutions: columns.map((one) => readPart(one, answer.values)),
    costUsd: answer.cost,
    boundUsd: answer.bound,
    binding: bindingOf(model, answer),
  };
}

/** What can be carried of parts that have no answer: everything may be left out, and as little as possible is. */
async function leastUnserved(
  situation: Situation,
  parts: readonly Part[],
  solve: Solver,
  limits: SolverLimits,
): Promise<ReadonlyMap<Part, PartSolution>> {
  if (parts.length === 0) return new Map();
  const drafts = parts.map((part) => draftAlone(situation, part, { ...situation.rules, asked: new Set() }));
  const answers = await solve(
    drafts.map(({ model }) => model),
    limits,
  );
  return new Map(
    drafts.map(({ columns }, index) => {
      const answer = answers[index];
      const solution =
        answer?.status === 'solved' ? readPart(columns, answer.values) : greedily(situation, columns.part);
      return [columns.part, { ...solution, infeasible: true }];
    }),
  );
}

/** The answer of no solver: the cheapest first. Whole units are not thought of, nor is the loss of a provider. */
function greedily({ rules }: Situation, part: Part): PartSolution {
  const { byTarget, rest } = shareOut(
    part.demands,
    part.carriers,
    rules.mayCarry,
    rules.maximumProviderShare,
  );
  return { part, byTarget, rest: new Map([...rest].filter(([, share]) => share > 0)), units: new Map() };
}

function together(
  drafts: readonly Draft[],
  answers: readonly SolverAnswer[],
  solutions: readonly PartSolution[],
): Solved {
  const solved = answers.flatMap((answer, index) => {
    const draft = drafts[index];
    return draft && answer.status === 'solved' ? [{ answer, draft }] : [];
  });
  const sum = (of: (answer: SolverAnswer & { readonly status: 'solved' }) => number) =>
    solved.reduce((total, { answer }) => total + of(answer), 0);
  return {
    solutions,
    costUsd: sum(({ cost }) => cost),
    boundUsd: sum(({ bound }) => bound),
    binding: solved.flatMap(({ answer, draft }) => bindingOf(draft.model, answer)),
  };
}

/** Constraints told in a plan; the others cost less each. */
const TOLD = 50;

/** The part of it that a plan keeps. */
export function optimalityOf({ costUsd, boundUsd, binding, solutions }: Solved): Optimality {
  const order = binding.toSorted(
    (a, b) =>
      b.savesUsd - a.savesUsd ||
      (a.step ?? -1) - (b.step ?? -1) ||
      (`${a.constraint} ${a.resource}` < `${b.constraint} ${b.resource}` ? -1 : 1),
  );
  // Nothing is proven of a plan that has a part without an answer.
  const known = solutions.every(({ undecided = false }) => !undecided);
  const gap = !known ? 1 : costUsd > 0 ? Math.max(0, (costUsd - boundUsd) / costUsd) : 0;
  return {
    costUsd: roundUsd(costUsd),
    boundUsd: known ? roundUsd(Math.min(boundUsd, costUsd)) : 0,
    gap: Math.round(gap * 1e6) / 1e6,
    binding: order.slice(0, TOLD),
  };
}
