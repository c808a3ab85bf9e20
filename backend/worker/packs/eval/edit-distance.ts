/** Each distinct item as a small number, so that comparing two is comparing integers. */
function numbered(...lists: readonly (readonly string[])[]): Int32Array[] {
  const numbers = new Map<string, number>();
  const numberOf = (item: string): number => {
    const known = numbers.get(item) ?? numbers.size;
    numbers.set(item, known);
    return known;
  };
  return lists.map((list) => Int32Array.from(list, numberOf));
}

/** A row of zeros, or of counts from zero. */
const row = (length: number, counting: boolean): Int32Array =>
  Int32Array.from({ length }, (_, i) => (counting ? i : 0));

/**
 * Levenshtein's distance: the fewest insertions, deletions and substitutions. Wagner and Fischer's table, one row at a
 * time: time is the product of both lengths, memory the shorter.
 */
export function editDistance(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return Math.max(left.length, right.length);
  const [short = new Int32Array(), long = new Int32Array()] = numbered(
    ...(left.length < right.length ? [left, right] : [right, left]),
  );
  const costs = row(short.length + 1, true);
  for (let i = 0; i < long.length; i += 1) {
    let diagonal = i;
    costs[0] = i + 1;
    for (let j = 0; j < short.length; j += 1) {
      const above = costs[j + 1] ?? 0;
      const substituted = diagonal + (long[i] === short[j] ? 0 : 1);
      costs[j + 1] = Math.min(substituted, above + 1, (costs[j] ?? 0) + 1);
      diagonal = above;
    }
  }
  return costs[short.length] ?? 0;
}

/** Length of the longest common subsequence; time and memory as above. */
export function longestCommon(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return 0;
  const [short = new Int32Array(), long = new Int32Array()] = numbered(
    ...(left.length < right.length ? [left, right] : [right, left]),
  );
  const lengths = row(short.length + 1, false);
  for (let i = 0; i < long.length; i += 1) {
    let diagonal = 0;
    for (let j = 0; j < short.length; j += 1) {
      const above = lengths[j + 1] ?? 0;
      lengths[j + 1] = long[i] === short[j] ? diagonal + 1 : Math.max(above, lengths[j] ?? 0);
      diagonal = above;
    }
  }
  return lengths[short.length] ?? 0;
}
