import type { Passage } from '../../domain/explanation/why-in-words.ts';
import { PARAGRAPH_WIDTH, wrapped } from './format.ts';
import { type Out, paintFor } from './style.ts';

/** Prints an explanation: each passage under its title, its sentences as paragraphs. */
export function renderWhy(
  why: { readonly planId: string; readonly passages: readonly Passage[] },
  out: Out,
): void {
  const paint = paintFor(out);
  const texts = why.passages.map(({ title, sentences }) => {
    const paragraphs = sentences.map((sentence) => `${wrapped(sentence, PARAGRAPH_WIDTH)}\n`);
    return `${paint('bold', title)}\n${paragraphs.join('')}`;
  });
  out.write(`${texts.join('\n')}\n${paint('dim', `Plan ${why.planId}`)}\n`);
}
