import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';

/** One line of a table, by the names in its head; an absent field is refused by {@link field}. */
export type Row = Readonly<Record<string, string>>;

/** Rows of a CSV file below `directory`, unpacked where its name ends in `.gz`. */
export function csvRows(directory: string, file: string): readonly Row[] {
  const bytes = readFileSync(join(directory, file));
  return parse(file.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true }) as Row[];
}

/** A field that must be there. @throws Error that names it, where the file has another shape than this reads. */
export function field(row: Row, name: string): string {
  const value = row[name];
  if (value === undefined) throw new Error(`no column ${name}; there are ${Object.keys(row).join(', ')}`);
  return value;
}

/** A number that must be there. @throws Error that names the column and what stands in it. */
export function numberField(row: Row, name: string): number {
  const text = field(row, name);
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new Error(`column ${name} holds "${text}", no number`);
  return value;
}

/** A number, or null where the field is empty: unknown, never zero. */
export function optionalNumber(row: Row, name: string): number | null {
  return field(row, name) === '' ? null : numberField(row, name);
}

/** Entries by the values of one column, sorted by it, so that a table reads the same whatever its source's order. */
export function byField<T>(
  rows: readonly Row[],
  name: string,
  of: (group: readonly Row[]) => T,
): Readonly<Record<string, T>> {
  const groups = Map.groupBy(rows, (row) => field(row, name));
  const names = [...groups.keys()].toSorted();
  return Object.fromEntries(names.map((key) => [key, of(groups.get(key) ?? [])]));
}
