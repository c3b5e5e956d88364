const MOST_NAMED = 5;

/**
 * The ids a person may have meant, best first, at most five: those that contain what was typed, then by edit distance
 * (Levenshtein), ties by id. Case does not count.
 */
export function nearestIds(typed: string, ids: readonly string[]): readonly string[] {
  const wanted = typed.toLowerCase();
  return ids
    .map((id) => ({ id, distance: distanceBetween(wanted, id.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_NAMED)
    .map(({ id }) => id);
}

/** A part of an id is nearer than any other spelling of it, and nearer the more of the id it is. */
function distanceBetween(wanted: string, id: string): number {
  if (wanted !== '' && id.includes(wanted)) return 1 - wanted.length / id.length;
  return 1 + editDistance(wanted, id);
}

/** Insertions, deletions and replacements that make one text the other. */
function editDistance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 0; row < a.length; row += 1) {
    const now = [row + 1];
    for (let column = 0; column < b.length; column += 1) {
      const replaced = (before[column] ?? 0) + (a[row] === b[column] ? 0 : 1);
      now.push(Math.min(replaced, (before[column + 1] ?? 0) + 1, (now[column] ?? 0) + 1));
    }
    before = now;
  }
  return before.at(-1) ?? 0;
}
