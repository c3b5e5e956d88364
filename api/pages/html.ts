/** Text that is HTML already; anything else put into a page is escaped. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | null | false | readonly Part[];

/** A piece of a page: what is put in is escaped unless it is {@link Html}; lists are joined, null and false are nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const filled = texts.map(
    (text, index) => text + (index < parts.length ? textOf(parts[index] ?? null) : ''),
  );
  return { html: filled.join('') };
}

/** Trusts a text as it is: a file of ours, never anything a user wrote. */
export function trusted(text: string): Html {
  return { html: text };
}

/** A value as JSON that can stand in a script element: nothing in it can end the element or open a comment. */
export function jsonForScript(value: unknown): Html {
  return trusted(JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e'));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function textOf(part: Part): string {
  if (part === null || part === false) return '';
  if (typeof part === 'string') return part.replaceAll(/[&<>"']/g, (letter) => ESCAPES[letter] ?? letter);
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map(textOf).join('');
}
