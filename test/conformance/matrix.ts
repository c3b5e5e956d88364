import Table from 'cli-table3';
import type { Cell, NotOffered } from './promises.ts';

/** Why a counterpart, or a part of it, cannot be asked here; it is counted, and no failure. */
export class NotRun extends Error {}

type Outcome = 'passed' | 'failed' | 'not run';

interface Line {
  readonly service: string;
  readonly counterpart: string;
  readonly name: string;
  readonly outcome: Outcome;
  readonly why: string;
}

/** Results of all checks, by service and counterpart; every one is printed as soon as it is known. */
export interface Matrix {
  /** Runs one check; a throw is its failure. Later checks run all the same. */
  check(service: string, counterpart: string, name: string, body: () => unknown): Promise<void>;
  /** Enters the result of a check that ran elsewhere; `why` is empty for one that passed. */
  enter(service: string, counterpart: string, name: string, why: string): void;
  /** Enters what could not be asked. */
  notRun(service: string, counterpart: string, why: string): void;
  /**
   * Prints the table, what was not run, what is not offered, and the line of figures. A promised cell without a
   * check is a failure, unless nothing at all was asked of its counterpart and it was said why.
   * @returns whether nothing failed.
   */
  close(promised: readonly Cell[], notOffered: readonly NotOffered[]): boolean;
}

/** Makes an empty matrix. @param print takes one line. */
export function createMatrix(print: (line: string) => void): Matrix {
  const lines: Line[] = [];
  const add = (line: Line) => {
    lines.push(line);
    const { outcome, service, counterpart, name, why } = line;
    const mark = { passed: 'ok     ', failed: 'FAILED ', 'not run': 'not run' }[outcome];
    print(`${mark} ${service} × ${counterpart}${name && `: ${name}`}${why && `: ${why}`}`);
  };
  const enter: Matrix['enter'] = (service, counterpart, name, why) =>
    add({ service, counterpart, name, outcome: why === '' ? 'passed' : 'failed', why });
  return {
    enter,
    notRun: (service, counterpart, why) => add({ service, counterpart, name: '', outcome: 'not run', why }),
    async check(service, counterpart, name, body) {
      try {
        await body();
        enter(service, counterpart, name, '');
      } catch (error) {
        enter(
          service,
          counterpart,
          name,
          error instanceof Error ? error.message || error.name : String(error),
        );
      }
    },
    close(promised, notOffered) {
      const broken = promised.filter((cell) => !isKept(cell, lines));
      for (const { row, counterpart } of broken)
        enter(row, counterpart, 'is checked', 'promised, and nothing was asked');
      return summed(lines, notOffered, print);
    },
  };
}

function isKept({ row, counterpart }: Cell, lines: readonly Line[]): boolean {
  const asked = lines.filter((line) => line.counterpart === counterpart && line.outcome !== 'not run');
  if (asked.length > 0) return asked.some(({ service }) => service === row);
  return lines.some((line) => line.counterpart === counterpart);
}

function summed(
  lines: readonly Line[],
  notOffered: readonly NotOffered[],
  print: (line: string) => void,
): boolean {
  const of = (outcome: Outcome) => lines.filter((line) => line.outcome === outcome);
  print('');
  print(tableOf(lines));
  const skipped = of('not run');
  print(`${skipped.length} not run`);
  for (const { service, counterpart, why } of skipped) print(`  ${service} × ${counterpart}: ${why}`);
  print(`${notOffered.length} not offered`);
  for (const { counterpart, what } of notOffered) print(`  ${counterpart}: ${what}`);
  for (const { service, counterpart, name, why } of of('failed')) {
    print(`  FAILED ${service} × ${counterpart}: ${name}: ${why}`);
  }
  print(`${of('passed').length} passed, ${of('failed').length} failed`);
  return of('failed').length === 0;
}

function tableOf(lines: readonly Line[]): string {
  const services = [...new Set(lines.map((line) => line.service))].toSorted();
  const counterparts = [...new Set(lines.map((line) => line.counterpart))];
  const table = new Table({ head: ['service', ...counterparts], style: { head: [], border: [] } });
  for (const service of services) {
    table.push([
      service,
      ...counterparts.map((counterpart) =>
        cellOf(lines.filter((line) => line.service === service && line.counterpart === counterpart)),
      ),
    ]);
  }
  return table.toString();
}

/** Passed of all that ran; a dash where nothing is asked of this pair. */
function cellOf(lines: readonly Line[]): string {
  if (lines.length === 0) return '-';
  const ran = lines.filter((line) => line.outcome !== 'not run');
  if (ran.length === 0) return 'not run';
  const passed = ran.filter((line) => line.outcome === 'passed').length;
  return `${passed}/${ran.length}${ran.length < lines.length ? ', part not run' : ''}`;
}
