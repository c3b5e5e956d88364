/** What selectors look at; every object here has it. */
interface Selectable {
  readonly metadata: Readonly<Record<string, unknown>>;
}

type Term = (object: Selectable) => boolean;

const TERM = /^([\w./-]+)(==|=|!=)(.*)$/;
const SET = /^([\w./-]+) (in|notin) \(([^()]*)\)$/;
const KEY = /^([\w./-]+)$/;
const FIELDS: readonly string[] = ['metadata.name', 'metadata.namespace'];

/** A selector the sandbox cannot evaluate; leaving it out would answer with what was not asked for. */
export class SelectorError extends Error {}

/**
 * The filter a list's `fieldSelector` and `labelSelector` ask for: equality and inequality, for labels also sets and
 * that there is such a label, joined by commas.
 * @throws SelectorError on anything else.
 */
export function selectorOf(query: URLSearchParams): Term {
  const terms = [
    ...termsOf(
      query.get('fieldSelector'),
      (field, { metadata }) => metadata[field.slice('metadata.'.length)],
      FIELDS,
    ),
    ...termsOf(query.get('labelSelector'), (label, { metadata }) => {
      return (metadata.labels as Record<string, unknown> | undefined)?.[label];
    }),
  ];
  return (object) => terms.every((term) => term(object));
}

function termsOf(
  selector: string | null,
  read: (name: string, object: Selectable) => unknown,
  known?: readonly string[],
): readonly Term[] {
  // Commas within parentheses part the values of a set, not terms.
  const parts = (selector ?? '').split(/,(?![^(]*\))/).filter((part) => part.trim() !== '');
  return parts.map((part) => termOf(part.trim(), read, known));
}

function termOf(
  part: string,
  read: (name: string, object: Selectable) => unknown,
  known: readonly string[] | undefined,
): Term {
  const [, key] = known ? [] : (KEY.exec(part) ?? []);
  if (key !== undefined) return (object) => read(key, object) !== undefined;
  const set = known ? null : SET.exec(part);
  const [, name = '', sign, value = ''] = set ?? TERM.exec(part) ?? [];
  if (sign === undefined) throw new SelectorError(`unable to parse requirement: ${part}`);
  if (known && !known.includes(name)) throw new SelectorError(`field label not supported: ${name}`);
  const values: readonly unknown[] = set ? value.split(',').map((one) => one.trim()) : [value];
  const wanted = sign !== '!=' && sign !== 'notin';
  return (object) => values.includes(read(name, object)) === wanted;
}
