// The existing name that was probably meant. The same rule as the server's hints.

/**
 * The edit distance with transpositions, or any number above `max`.
 * @param {string} a @param {string} b @param {number} max
 */
function distance(a, b, max) {
  let [before, last, current] = [[0], Array.from({ length: b.length + 1 }, (_, j) => j), [0]];
  for (let i = 1; i <= a.length; i++) {
    current = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(Math.min(current[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2] + 1);
      current[j] = cost;
      least = Math.min(least, cost);
    }
    if (least > max) return max + 1;
    [before, last] = [last, current];
  }
  return last[b.length];
}

/**
 * @param {string} wanted
 * @param {Iterable<string>} names
 * @returns {string|null} Null if none is close.
 */
export function nearest(wanted, names) {
  let within = Math.max(1, Math.floor(wanted.length / 3));
  let found = null;
  for (const name of names) {
    if (name.toLowerCase() === wanted.toLowerCase()) return name;
    if (Math.abs(name.length - wanted.length) > within) continue;
    const edits = distance(wanted, name, within);
    if (edits <= within) [found, within] = [name, edits - 1];
    if (within < 0) break;
  }
  return found;
}

/** The prefixes of keys, up to each slash. @param {Iterable<string>} keys */
export function prefixes(keys) {
  const found = new Set();
  for (const key of keys) {
    for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) found.add(key.slice(0, slash + 1));
  }
  return found;
}
