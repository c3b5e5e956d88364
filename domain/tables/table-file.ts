import { readFileSync } from 'node:fs';

/**
 * A table that stands beside this file as JSON, parsed when it is first asked for and then kept: it is part of the
 * program like its code, and most processes need none of them. Tables are made by `tables/generate.ts`.
 */
export function tableFile<T>(file: string): () => T {
  let table: T | null = null;
  return () => {
    table ??= JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T;
    return table;
  };
}
