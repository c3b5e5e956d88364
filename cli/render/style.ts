import { styleText } from 'node:util';
import Table from 'cli-table3';
import { colourAllowed } from '../config.ts';

/** Where text goes: a stream, or anything that takes text. */
export interface Out {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal, in characters. */
  readonly columns?: number | undefined;
}

/** Colours text, or leaves it alone where the output takes none. */
export type Paint = (style: 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan', text: string) => string;

/** Colours for `out`; none for a file, a pipe or with NO_COLOR. */
export function paintFor(out: Out): Paint {
  if (!colourAllowed(out)) return (_style, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

/** One column: its head, and whether its cells are numbers. */
export interface Column {
  readonly head: string;
  readonly numeric?: boolean;
}

/** A table as text, with a line break at the end. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const drawn = new Table({
    head: columns.map((column) => paint('bold', column.head)),
    colAligns: columns.map((column) => (column.numeric ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return `${drawn.toString()}\n`;
}

/** Good, moving and bad ends in their colours. */
export function paintStatus(status: string, paint: Paint): string {
  if (
    /^(completed|success|settled|passed|moved|published|released|holding|healthy|proven|ok)$/.test(status)
  ) {
    return paint('green', status);
  }
  if (/^(failed|unreachable|needsHuman|unhealthy|denied)$/.test(status)) return paint('red', status);
  if (/^(partial|rolledBack|cancelled|undone|movedBack|degraded|removed|rollingBack)$/.test(status)) {
    return paint('yellow', status);
  }
  return status;
}
