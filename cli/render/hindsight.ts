import type { HindsightReport } from '../../domain/report.ts';
import { figure, minute, PARAGRAPH_WIDTH, usd, wrapped } from './format.ts';
import { type Paint, table } from './style.ts';

type Row = HindsightReport['rows'][number];

const COLUMNS = [
  { head: 'workload' },
  { head: 'of markets' },
  { head: 'seen of expected', numeric: true },
  { head: 'quantile held', numeric: true },
  { head: 'unserved', numeric: true },
  { head: 'idle', numeric: true },
  { head: 'idle money', numeric: true },
  { head: 'regret', numeric: true },
];

/** The whole plan once it is over, until then its last step: figures where there are any, reasons where not. */
export function hindsightBlock(all: readonly HindsightReport[], paint: Paint): string {
  const latest = all.find(({ step }) => step === null) ?? all.at(-1);
  if (!latest) return '';
  const scope = latest.step === null ? 'whole plan' : `step ${latest.step}`;
  const title = paint('bold', `Hindsight, ${scope}, ${minute(latest.from)} to ${minute(latest.until)}`);
  const rows = latest.rows.flatMap(scoredRow);
  const figures = rows.length > 0 ? table(COLUMNS, rows, paint) : '';
  const notes = [...latest.rows.flatMap(noteOf), ...(latest.reason ? [`Not scored: ${latest.reason}.`] : [])];
  return `${title}\n${figures}${notes.map((note) => `${wrapped(note, PARAGRAPH_WIDTH)}\n`).join('')}`;
}

function scoredRow(row: Row): readonly string[][] {
  if (row.status !== 'scored') return [];
  const { forecast, capacity, workload, markets } = row;
  return [
    [
      workload,
      wrapped(markets.join(', '), 24),
      forecast?.bias === null || forecast === null ? '' : share(forecast.bias),
      forecast?.coverage ? `${share(forecast.coverage.share)} of ${share(forecast.coverage.quantile)}` : '',
      capacity ? share(capacity.unservedShare) : '',
      capacity ? share(capacity.idleShare) : '',
      capacity ? usd(capacity.idleUsd) : '',
      capacity ? usd(capacity.regretUsd) : '',
    ],
  ];
}

/** What the figures leave out: nothing, hours without a reading, or everything and why. */
function noteOf(row: Row): readonly string[] {
  const name = `${row.workload} of ${row.markets.join(', ')}`;
  if (row.status === 'notScored') return [`Not scored: ${name}: ${row.reason}.`];
  const { hours, unobservedHours } = row.capacity ?? row.forecast ?? { hours: 0, unobservedHours: 0 };
  if (unobservedHours === 0) return [];
  return [
    `${name}: ${figure(unobservedHours)} of ${figure(hours + unobservedHours)} hours were not reported.`,
  ];
}

/** A share in per cent, with a digit more where it is small. */
function share(part: number): string {
  return `${(part * 100).toLocaleString('en-US', { maximumFractionDigits: part < 0.1 ? 2 : 0 })} %`;
}
