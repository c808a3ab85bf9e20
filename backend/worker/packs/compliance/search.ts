import { setImmediate } from "node:timers/promises";
import { type Finding, findingOf } from "./findings.ts";
import type { Rule } from "./span.ts";

/** How long the search may keep other runs of this process waiting. */
const TURN_MS = 10;

/** Everything that the rules find, overlaps included. Gives way to the event loop; rejects when the signal aborts. */
export async function search(text: string, rules: readonly Rule[], signal: AbortSignal): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  let turn = performance.now();
  for (const { name, scan } of rules) {
    for (const span of scan(text)) {
      if (span !== undefined) found.push(findingOf(name, span));
      if (performance.now() - turn < TURN_MS) continue;
      await setImmediate();
      signal.throwIfAborted();
      turn = performance.now();
    }
  }
  return found;
}
