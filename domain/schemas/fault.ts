import type { z } from 'zod';
import './plain-words.ts';

/** One thing wrong with an input: where (dotted path, empty for the whole), and what to do about it. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** Faults of shape as zod names them, one per field; an unknown field is named by its own path. */
export function shapeFaults(error: z.ZodError): readonly Fault[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      message: 'is not a field of this request; remove it, or see docs/formats.md for its name',
    }));
  });
}

/** Faults of meaning, without those about fields whose shape is wrong already. */
export function withoutRepeats(shape: readonly Fault[], meaning: readonly Fault[]): readonly Fault[] {
  const known = new Set(shape.map((fault) => fault.path));
  return [...shape, ...meaning.filter((fault) => !known.has(fault.path))];
}

/** What lies at a dotted path of any value; undefined where the path leaves it. */
export function valueAt(value: unknown, path: string): unknown {
  let current = value;
  for (const name of path.split('.')) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}

/** The texts among a list, with their positions; nothing for what is no list. */
export function textsAt(
  value: unknown,
  path: string,
): readonly { readonly path: string; readonly text: string }[] {
  const list = valueAt(value, path);
  if (!Array.isArray(list)) return [];
  return list.flatMap((text: unknown, index) =>
    typeof text === 'string' ? [{ path: `${path}.${index}`, text }] : [],
  );
}

/** A fault for every text that occurred before in the list. */
export function repeats(
  texts: readonly { readonly path: string; readonly text: string }[],
): readonly Fault[] {
  const seen = new Set<string>();
  return texts.flatMap(({ path, text }) => {
    if (seen.has(text)) return [{ path, message: `${text} is named twice; name it once` }];
    seen.add(text);
    return [];
  });
}
