import { COMPILING_CHARS, EVAL_LIMITS } from "./eval-limits.ts";
import { jsonSize, patternSize, wordsOf } from "./eval-measure.ts";
import type { EvalMetric } from "./eval-metrics.ts";

export interface EvalCase {
  readonly id: string;
  readonly output: string;
  readonly expected?: string | number | boolean | Readonly<Record<string, unknown>> | undefined;
}

/** What the result calls a metric. */
export const labelOf = (metric: EvalMetric): string => metric.label ?? metric.metric;

export type Refuse = (path: (string | number)[], message: string) => void;

/** A number as JSON writes it, with white space around it. */
const NUMBER = /^[ \t\r\n]*-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?[ \t\r\n]*$/;

/** The number that a text is; undefined for any other text, and for one beyond the range of a double. */
export function parseNumber(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

type RunLimit = "max_run_schema_nodes" | "max_run_regex_steps" | "max_run_levenshtein_cells" | "max_run_rouge_cells";

/** Work that a run has been found to stand for. */
type Spent = Record<RunLimit, number>;

interface Work {
  readonly limit: RunLimit;
  readonly amount: number;
}

const NO_WORK: Work = { limit: "max_run_schema_nodes", amount: 0 };

const WORK_WORDS: Readonly<Record<RunLimit, string>> = {
  max_run_schema_nodes: "values in schemas",
  max_run_regex_steps: "instructions of patterns x characters of outputs",
  max_run_levenshtein_cells: "characters of outputs x characters of expected texts",
  max_run_rouge_cells: "words of outputs x words of expected texts",
};

/** Why a pattern is too large; undefined when it is not. Whether it is a pattern at all, the work tells. */
function patternFault(pattern: string): string | undefined {
  if (pattern === "") return "must not be empty";
  if (pattern.length > EVAL_LIMITS.max_pattern_chars) {
    return `must be a pattern of at most ${EVAL_LIMITS.max_pattern_chars} characters`;
  }
  if (patternSize(pattern) <= EVAL_LIMITS.max_pattern_instructions) return undefined;
  return `repeats too much: it expands to over ${EVAL_LIMITS.max_pattern_instructions} instructions`;
}

function schemaFault(schema: unknown): string | undefined {
  const { nodes, depth } = jsonSize(schema);
  if (nodes > EVAL_LIMITS.max_schema_nodes) return `must be a schema of at most ${EVAL_LIMITS.max_schema_nodes} values`;
  if (depth <= EVAL_LIMITS.max_schema_depth) return undefined;
  return `must be a schema nested in at most ${EVAL_LIMITS.max_schema_depth} levels`;
}

/** Why `expected` does not fit a metric; undefined when it does. */
function expectedFault(metric: EvalMetric, { expected }: EvalCase): string | undefined {
  if (metric.metric === "regex" && metric.pattern !== undefined) return undefined;
  if (metric.metric === "json_schema" && metric.schema !== undefined) return undefined;
  if (expected === undefined) return `is required by the metric ${labelOf(metric)}`;
  if (metric.metric === "json_schema") {
    if (typeof expected === "object" || typeof expected === "boolean") return schemaFault(expected);
    return `must be a JSON Schema, an object or a boolean, for the metric ${labelOf(metric)}`;
  }
  if (metric.metric === "numeric") {
    if (typeof expected === "number") return undefined;
    if (typeof expected === "string" && parseNumber(expected) !== undefined) return undefined;
    return `must be a number for the metric ${labelOf(metric)}`;
  }
  if (typeof expected !== "string") return `must be a string for the metric ${labelOf(metric)}`;
  if (metric.metric === "regex") return patternFault(expected);
  return metric.metric === "contains" && expected === ""
    ? `must not be empty for the metric ${labelOf(metric)}`
    : undefined;
}

function workOf(metric: EvalMetric, { output, expected }: EvalCase): Work {
  const text = typeof expected === "string" ? expected : "";
  switch (metric.metric) {
    case "levenshtein":
      return { limit: "max_run_levenshtein_cells", amount: output.length * text.length };
    case "rouge_l":
      return { limit: "max_run_rouge_cells", amount: wordsOf(output).length * wordsOf(text).length };
    case "regex":
      return {
        limit: "max_run_regex_steps",
        amount: patternSize(metric.pattern ?? text) * (output.length + COMPILING_CHARS),
      };
    case "json_schema":
      if (metric.schema !== undefined) return NO_WORK;
      return { limit: "max_run_schema_nodes", amount: jsonSize(expected).nodes };
    case "exact":
    case "contains":
    case "numeric":
    case "token_f1":
    case "bleu":
      return NO_WORK;
  }
}

/** Refuses repeated labels, and patterns and schemas of metrics that are too large; true when there was none. */
function checkMetrics(metrics: readonly EvalMetric[], spent: Spent, refuse: Refuse): boolean {
  const labels = new Set<string>();
  let sound = true;
  const fault = (path: (string | number)[], message: string | undefined) => {
    if (message === undefined) return;
    sound = false;
    refuse(path, message);
  };
  for (const [index, metric] of metrics.entries()) {
    const label = labelOf(metric);
    const where = metric.label === undefined ? [] : ["label"];
    if (labels.has(label)) fault(["metrics", index, ...where], "is listed twice: give each a label of its own");
    labels.add(label);
    if (metric.metric === "regex" && metric.pattern !== undefined) {
      fault(["metrics", index, "pattern"], patternFault(metric.pattern));
    }
    if (metric.metric === "json_schema" && metric.schema !== undefined) {
      fault(["metrics", index, "schema"], schemaFault(metric.schema));
      spent.max_run_schema_nodes += jsonSize(metric.schema).nodes;
    }
  }
  return sound;
}

/** Calls `refuse` for what is wrong between the fields of inputs; once per case, and for the first limit passed. */
export function checkEval(cases: readonly EvalCase[], metrics: readonly EvalMetric[], refuse: Refuse): void {
  const spent: Spent = {
    max_run_schema_nodes: 0,
    max_run_regex_steps: 0,
    max_run_levenshtein_cells: 0,
    max_run_rouge_cells: 0,
  };
  const ids = new Set<string>();
  if (!checkMetrics(metrics, spent, refuse)) return;
  for (const [index, item] of cases.entries()) {
    if (ids.has(item.id)) refuse(["cases", index, "id"], "is listed twice");
    ids.add(item.id);
    const fault = metrics.map((metric) => expectedFault(metric, item)).find((message) => message !== undefined);
    if (fault !== undefined) {
      refuse(["cases", index, "expected"], fault);
      continue;
    }
    for (const metric of metrics) {
      const { limit, amount } = workOf(metric, item);
      spent[limit] += amount;
      if (spent[limit] <= EVAL_LIMITS[limit]) continue;
      const field = limit === "max_run_schema_nodes" ? "expected" : "output";
      return refuse(["cases", index, field], `takes the run past ${EVAL_LIMITS[limit]} ${WORK_WORDS[limit]}`);
    }
  }
}
