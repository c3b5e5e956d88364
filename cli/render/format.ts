/** A stretch of time for people: `850 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** An amount in USD: `$1,234.50`. */
export function usd(amount: number): string {
  return amount.toLocaleString('en-US', { style: 'currency', currency: 'USD' });
}

/** A whole or broken number with thousands separated, at most one digit after the point. */
export function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

/** An instant to the minute, in UTC: `2027-06-05 14:00 UTC`. */
export function minute(at: string | number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Weights or other numbers by name: `aws-eu-west-1 255, gcp-europe-west1 80`. */
export function byName(values: Readonly<Record<string, number>> | null): string {
  if (values === null) return 'not read yet';
  const parts = Object.entries(values).map(([name, value]) => `${name} ${figure(value)}`);
  return parts.join(', ') || 'none';
}

/** A text for people with the numbers it has as JSON written as {@link byName} does: `weights a 255, b 80`. */
export function withoutJson(text: string): string {
  return text.replaceAll(/\{[^{}]*\}|\bnull$/g, (json) => {
    try {
      return byName(JSON.parse(json) as Readonly<Record<string, number>> | null);
    } catch {
      return json;
    }
  });
}

/** Width of sentences that stand by themselves, in characters. */
export const PARAGRAPH_WIDTH = 100;

/** A text in lines of at most `width` characters; a single word may be longer. */
export function wrapped(text: string, width: number): string {
  const lines: string[] = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}
