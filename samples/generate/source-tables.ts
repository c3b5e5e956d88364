import { readFileSync } from 'node:fs';

/** One line of a table, by the names in its head. */
export type Row = Readonly<Record<string, string>>;

/** Reads one of the tables in `samples/sources`; fields in quotes may hold commas. */
export function sourceTable(file: string): readonly Row[] {
  const text = readFileSync(new URL(`../sources/${file}`, import.meta.url), 'utf8');
  const [head = '', ...lines] = text.trim().split('\n');
  const names = fields(head);
  return lines.map((line) =>
    Object.fromEntries(fields(line).map((value, index) => [names[index] ?? '', value])),
  );
}

function fields(line: string): readonly string[] {
  return [...line.matchAll(/(?:"([^"]*)"|([^,]*))(?:,|$)/g)]
    .slice(0, -1)
    .map((match) => match[1] ?? match[2] ?? '');
}
