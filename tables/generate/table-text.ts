import { writeFileSync } from 'node:fs';

/** Longest JSON that stands on one line of a table. */
const LINE_WIDTH = 3_000;

/** Writes a table so that a change of one region's figures is a change of one line. @returns bytes written. */
export function writeTable(url: URL, table: unknown): number {
  const text = `${spread(table, '', 0)}\n`;
  writeFileSync(url, text);
  return Buffer.byteLength(text);
}

/** Objects are spread over lines down to what is one entry of the table: three levels, or what fits nowhere. */
function spread(value: unknown, indent: string, depth: number): string {
  const flat = JSON.stringify(value);
  const inner = `${indent} `;
  if (typeof value !== 'object' || value === null) return flat;
  if (depth >= 3 && flat.length <= LINE_WIDTH) return flat;
  if (Array.isArray(value)) {
    if (depth > 1 && value.every((item) => typeof item === 'number')) return flat;
    return `[\n${value.map((item) => `${inner}${JSON.stringify(item)}`).join(',\n')}\n${indent}]`;
  }
  const lines = Object.entries(value).map(
    ([name, item]) => `${inner}${JSON.stringify(name)}: ${spread(item, inner, depth + 1)}`,
  );
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
