import { type Html, html } from './html.ts';

/** One column of a table: its head, and whether its cells are numbers. */
export interface Column {
  readonly head: string;
  readonly numeric?: boolean;
}

/** A cell: text, or HTML of ours. */
export type Cell = Html | string;

/** A section of the page with a heading of its own, which a link can name. */
export function section(id: string, title: string, ...content: readonly (Html | null | false)[]): Html {
  return html`
<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>`;
}

/** A row: its cells, the first of which is its head, and what unfolds below them over the whole width. */
export interface Row {
  readonly cells: readonly Cell[];
  readonly below?: Html;
}

/** A table with a caption. On narrow screens it scrolls by itself. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Html {
  const heads = columns.map(({ head, numeric }) => html`<th scope="col"${numberClass(numeric)}>${head}</th>`);
  const body = rows.map(({ cells, below }) => {
    const [first, ...others] = cells.map((cell, index) => ({ cell, numeric: columns[index]?.numeric }));
    return html`<tr><th scope="row"${numberClass(first?.numeric)}>${first?.cell ?? ''}</th>${others.map(
      ({ cell, numeric }) => html`<td${numberClass(numeric)}>${cell}</td>`,
    )}</tr>
${below !== undefined && html`<tr class="below"><td colspan="${columns.length}">${below}</td></tr>\n`}`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table>
<caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>`;
}

/** A bar as long as its part of `most`, for eyes only: the figure stands beside it. */
export function bar(value: number, most: number): Html {
  const width = most > 0 ? Math.max(0, Math.min(100, (value / most) * 100)) : 0;
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${width.toFixed(2)}" height="8"/></svg>`;
}

function numberClass(numeric: boolean | undefined): Html | null {
  return numeric ? html` class="number"` : null;
}
