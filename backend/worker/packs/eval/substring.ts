type Text = Pick<string, "length" | "charCodeAt">;

/** For each beginning of a text the length of the longest shorter beginning with which it ends. */
function borders(text: Text): Int32Array {
  const lengths = new Int32Array(text.length);
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text.charCodeAt(at) !== text.charCodeAt(length)) length = lengths[length - 1] ?? 0;
    if (text.charCodeAt(at) === text.charCodeAt(length)) length += 1;
    lengths[at] = length;
  }
  return lengths;
}

/** As `includes` has it, but by Knuth, Morris and Pratt: what the engine does for long repetitive texts is quadratic. */
export function holds(text: Text, sought: Text): boolean {
  if (sought.length > text.length) return false;
  const lengths = borders(sought);
  let matched = 0;
  for (let at = 0; at < text.length && matched < sought.length; at++) {
    while (matched > 0 && text.charCodeAt(at) !== sought.charCodeAt(matched)) matched = lengths[matched - 1] ?? 0;
    if (text.charCodeAt(at) === sought.charCodeAt(matched)) matched += 1;
  }
  return matched === sought.length;
}
