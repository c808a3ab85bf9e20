import { createProcessPool, type Isolated, type PoolLimits } from "../isolation/process-pool.ts";
import { resultOf } from "../isolation/result-of.ts";
import type { Asker } from "../isolation/turn.ts";
import { startWorkProcess } from "../isolation/work-process.ts";
import { Rejected } from "../eval/rejected.ts";
import { UNREADABLE } from "../model/completion.ts";
import type { Attempt } from "../isolation/work-process.ts";
import { type Errand, type Errands, judge, type Judged } from "./judge.ts";

/** What is no longer is judged here, within milliseconds, unless the schema has patterns or references to follow. */
const MAX_CHARS_HERE = 2_048;
const MEMORY = { heap_mb: 256, resident_mb: 600 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(import.meta.url.endsWith(".ts") ? "./judge-process.ts" : "./judge-process.js", import.meta.url);

export const extractPool = (limits?: PoolLimits): Isolated<Errand, Judged> =>
  createProcessPool("extract", () => startWorkProcess(SCRIPT, MEMORY), limits);

function isSmall(errand: Errand): boolean {
  if (errand.kind === "page") return false;
  const schema = JSON.stringify(errand.schema);
  if (schema.length > MAX_CHARS_HERE || /pattern|\$/.test(schema)) return false;
  return errand.kind === "schema" || Math.max(errand.answer.text.length, errand.source.length) <= MAX_CHARS_HERE;
}

/** An answer whose reading takes more than there is of time or memory is the model's fault; anything else is a bug. */
const judgedOf = (kind: Errand["kind"], attempt: Attempt<Judged>): Judged =>
  kind === "answer" && attempt.kind !== "ok"
    ? { kind: "verdict", verdict: UNREADABLE }
    : resultOf(attempt, `the ${kind}`);

/** Has errands done, in a process where they would keep others waiting. Throws `Rejected` where the schema cannot be used. */
export const judgeBy =
  (isolated = extractPool()) =>
  async <Kind extends Errand["kind"]>(
    errand: Extract<Errand, { kind: Kind }>,
    asker: Asker,
  ): Promise<Errands[Kind]> => {
    const judged = isSmall(errand) ? judge(errand) : judgedOf(errand.kind, await isolated(errand, asker));
    if (judged.kind === "rejected") throw new Rejected(judged.reason_code, judged.detail);
    return judged as Errands[Kind];
  };
