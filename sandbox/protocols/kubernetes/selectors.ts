/** What selectors look at; every object here has it. */
interface Selectable {
  readonly metadata: Readonly<Record<string, unknown>>;
}

type Term = (object: Selectable) => boolean;

const TERM = /^([\w./-]+)(==|=|!=)(.*)$/;
const FIELDS: readonly string[] = ['metadata.name', 'metadata.namespace'];

/** A selector the sandbox cannot evaluate; leaving it out would answer with what was not asked for. */
export class SelectorError extends Error {}

/**
 * The filter a list's `fieldSelector` and `labelSelector` ask for: equality and inequality, joined by commas.
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
  const parts = (selector ?? '').split(',').filter((part) => part.trim() !== '');
  return parts.map((part) => {
    const [, name = '', sign, value] = TERM.exec(part.trim()) ?? [];
    if (sign === undefined) throw new SelectorError(`unable to parse requirement: ${part}`);
    if (known && !known.includes(name)) throw new SelectorError(`field label not supported: ${name}`);
    return (object) => (read(name, object) === value) === (sign !== '!=');
  });
}
