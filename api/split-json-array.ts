import { Problem } from './problem.ts';

const QUOTE = '"';
const BACKSLASH = '\\';

/**
 * The texts of the elements of one JSON array, as they arrive. Only brackets and strings are looked at: each
 * element is parsed by the caller. @throws Problem `unreadable-body` when the text is no array or ends early,
 * or an element is longer than `longest` characters.
 */
export async function* splitJsonArray(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const splitter = new ArraySplitter(longest);
  for await (const chunk of chunks) yield* splitter.feed(decoder.decode(chunk, { stream: true }));
  splitter.end();
}

class ArraySplitter {
  private readonly longest: number;
  private state: 'before' | 'within' | 'after' = 'before';
  private depth = 0;
  private inString = false;
  private escaped = false;
  private element = '';
  private elements = 0;

  constructor(longest: number) {
    this.longest = longest;
  }

  *feed(text: string): Generator<string> {
    let start = 0;
    for (let at = 0; at < text.length; at += 1) {
      const char = text[at] as string;
      if (this.state !== 'within') {
        this.outside(char);
        start = at + 1;
        continue;
      }
      const ends = this.step(char);
      if (!ends) continue;
      this.element += text.slice(start, at);
      start = at + 1;
      yield* this.take(ends === ']');
    }
    if (this.state === 'within') this.element += text.slice(start);
    if (this.element.length > this.longest) {
      throw unreadable(`entry ${this.elements + 1} is longer than ${this.longest} characters`);
    }
  }

  end(): void {
    if (this.state === 'before') throw unreadable('it is empty; send an array');
    if (this.state === 'within') throw unreadable('the array is not closed, as when an upload is cut off');
  }

  private outside(char: string): void {
    if (/[\s\uFEFF]/.test(char)) return;
    if (this.state === 'after') throw unreadable('something follows the array');
    if (char !== '[') throw unreadable('it must be one array, [ ... ]');
    this.state = 'within';
  }

  /** @returns the character that ends the element, if this one does. */
  private step(char: string): ',' | ']' | undefined {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (char === BACKSLASH) this.escaped = true;
      else if (char === QUOTE) this.inString = false;
      return undefined;
    }
    if (char === QUOTE) this.inString = true;
    else if (char === '{' || char === '[') this.depth += 1;
    else if (this.depth > 0 && (char === '}' || char === ']')) this.depth -= 1;
    else if (this.depth === 0 && (char === ',' || char === ']')) return char;
    return undefined;
  }

  private *take(last: boolean): Generator<string> {
    const element = this.element.trim();
    this.element = '';
    if (last) this.state = 'after';
    if (element === '') {
      if (last && this.elements === 0) return;
      throw unreadable(`entry ${this.elements + 1} is empty`);
    }
    this.elements += 1;
    yield element;
  }
}

function unreadable(reason: string): Problem {
  return new Problem('unreadable-body', `The JSON cannot be read: ${reason}.`);
}
