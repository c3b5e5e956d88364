import type { FieldFault } from './problem.ts';

/** Most faults of one value; what is wrong with a text is mostly wrong with its neighbours. */
const MOST_FAULTS = 100;

/**
 * Faults of all texts in a value, names of fields included, that neither PostgreSQL nor Temporal can keep: NUL,
 * and half a surrogate pair, which UTF-8 cannot express.
 * @param path where the value stands; empty for the whole.
 */
export function unstorableTexts(value: unknown, path = ''): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  // A list of our own and no recursion: a body may be nested deeper than the stack.
  const open: { readonly value: unknown; readonly path: string }[] = [{ value, path }];
  for (let at = 0; at < open.length && faults.length < MOST_FAULTS; at += 1) {
    const { value: one, path: place } = open[at] as (typeof open)[number];
    if (typeof one === 'string') {
      const what = unstorable(one);
      if (what) faults.push({ path: place, message: `contains ${what}` });
    } else if (typeof one === 'object' && one !== null) {
      for (const [name, inner] of Object.entries(one)) {
        const what = unstorable(name);
        if (what) faults.push({ path: place, message: `has a field whose name contains ${what}` });
        else open.push({ value: inner, path: place === '' ? name : `${place}.${name}` });
      }
    }
  }
  return faults;
}

function unstorable(text: string): string | null {
  if (text.includes('\0')) return 'the character NUL (U+0000), which cannot be stored; remove it';
  if (text.isWellFormed()) return null;
  return 'half of a surrogate pair, which cannot be stored; send the whole character';
}
