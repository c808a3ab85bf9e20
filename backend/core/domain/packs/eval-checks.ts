import { CHRF_ORDERS, COMPILING_CHARS, EVAL_LIMITS } from "./eval-limits.ts";
import { folded, type Folding, mostGrowth } from "./eval-folding.ts";
import { countWords, jsonSize, patternSize } from "./eval-measure.ts";
import type { EvalMetric, MetricOf } from "./eval-metrics.ts";

export interface EvalCase {
  readonly id: string;
  readonly output: string;
  readonly baseline?: string | undefined;
  readonly expected?:
    | string
    | number
    | boolean
    | readonly (string | number)[]
    | Readonly<Record<string, unknown>>
    | undefined;
}

/** What a case expects, as a list; empty where it is no text or number. */
export function referencesOf({ expected }: Pick<EvalCase, "expected">): readonly (string | number)[] {
  if (typeof expected === "string" || typeof expected === "number") return [expected];
  return Array.isArray(expected) ? (expected as readonly (string | number)[]) : [];
}

/** Every output that a model grades, the same of a case once, by the metric that asks for it. */
export const gradedOf = ({
  cases,
  metrics,
}: {
  readonly cases: readonly EvalCase[];
  readonly metrics: readonly EvalMetric[];
}) =>
  metrics.flatMap((metric) => {
    if (metric.metric !== "model_graded") return [];
    return cases.flatMap(({ output, baseline, expected }) =>
      [...new Set([output, baseline])].flatMap((text) => (text === undefined ? [] : [{ text, expected, metric }])),
    );
  });

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

type RunLimit =
  | "max_run_schema_nodes"
  | "max_run_regex_steps"
  | "max_run_levenshtein_cells"
  | "max_run_counted"
  | "max_run_rouge_cells";

const WORK_WORDS: Readonly<Record<RunLimit, string>> = {
  max_run_schema_nodes: "values in schemas",
  max_run_regex_steps: "instructions of patterns x characters of outputs",
  max_run_levenshtein_cells: "characters of outputs x characters of expected texts, as folded",
  max_run_counted: "characters of outputs and expected texts x lengths of the runs that metrics count",
  max_run_rouge_cells: "words of outputs x words of expected texts",
};
const RUN_LIMITS = Object.keys(WORK_WORDS) as RunLimit[];

type Sized<T> = { readonly size: T } | { readonly error: string };

/** The size of a pattern, or why it is too large. Whether it is a valid pattern is checked by the work. */
function sizeOfPattern(pattern: string): Sized<ReturnType<typeof patternSize>> {
  if (pattern === "") return { error: "must not be empty" };
  if (pattern.length > EVAL_LIMITS.max_pattern_chars) {
    return { error: `must be a pattern of at most ${EVAL_LIMITS.max_pattern_chars} characters` };
  }
  const size = patternSize(pattern);
  if (size.instructions + size.tables <= EVAL_LIMITS.max_pattern_instructions) return { size };
  return { error: `is too large: it expands to over ${EVAL_LIMITS.max_pattern_instructions} instructions` };
}

function sizeOfSchema(schema: unknown): Sized<ReturnType<typeof jsonSize>> {
  const size = jsonSize(schema);
  if (size.nodes > EVAL_LIMITS.max_schema_nodes) {
    return { error: `must be a schema of at most ${EVAL_LIMITS.max_schema_nodes} values` };
  }
  if (size.depth <= EVAL_LIMITS.max_schema_depth) return { size };
  return { error: `must be a schema nested in at most ${EVAL_LIMITS.max_schema_depth} levels` };
}

/** The first call's answer, given again to every later one. */
function once<T>(measure: () => T): () => T {
  let kept: { readonly value: T } | undefined;
  return () => (kept ??= { value: measure() }).value;
}

/** The measures of one case. Each is taken once, whatever the number of metrics, and only where one asks for it. */
function measuresOf(item: EvalCase) {
  const { output, baseline = "", expected } = item;
  const references = referencesOf(item);
  const texts = references.filter((reference) => typeof reference === "string");
  const expected_chars = sum(texts.map(({ length }) => length));
  const output_chars = output.length + baseline.length;
  return {
    expected,
    references,
    output_chars,
    expected_chars,
    /** Characters of the output x characters of the expected text, as a metric compares them. */
    folded_cells(folding: Folding): number {
      const lengthOf = (text: string) => folded(text, folding).length;
      return (lengthOf(output) + lengthOf(baseline)) * sum(texts.map(lengthOf));
    },
    pattern: once(() => sizeOfPattern(typeof expected === "string" ? expected : "")),
    schema: once(() => sizeOfSchema(expected)),
    are_numbers: once(() => references.every((one) => typeof one === "number" || parseNumber(one) !== undefined)),
    /** At most words of the output x words of the expected text: half as many words as characters, and one. */
    most_rouge_cells: Math.ceil(output_chars / 2 + 1) * Math.ceil(expected_chars / 2 + texts.length),
    rouge_cells: once(() => (countWords(output) + countWords(baseline)) * sum(texts.map(countWords))),
  };
}

type Measures = ReturnType<typeof measuresOf>;

interface Measured {
  readonly id: string;
  readonly baseline: boolean;
  readonly measures: Measures;
}

/** Why `expected` is invalid for a metric; undefined if it is valid. */
function expectedError(metric: EvalMetric, measures: Measures): string | undefined {
  const { expected } = measures;
  if (metric.metric === "regex" && metric.pattern !== undefined) return undefined;
  if (metric.metric === "json_schema" && metric.schema !== undefined) return undefined;
  if (metric.metric === "model_graded") return rubricError(metric, expected);
  if (expected === undefined) return `is required by the metric ${labelOf(metric)}`;
  if (metric.metric === "json_schema") {
    if ((typeof expected === "object" && !Array.isArray(expected)) || typeof expected === "boolean")
      return errorOf(measures.schema());
    return `must be a JSON Schema, an object or a boolean, for the metric ${labelOf(metric)}`;
  }
  if (metric.metric === "regex") {
    return typeof expected === "string"
      ? errorOf(measures.pattern())
      : `must be a string for the metric ${labelOf(metric)}`;
  }
  if (metric.metric === "numeric") {
    if (measures.references.length > 0 && measures.are_numbers()) return undefined;
    return `must be a number for the metric ${labelOf(metric)}`;
  }
  return textError(metric, measures);
}

function rubricError(metric: MetricOf<"model_graded">, expected: Measures["expected"]): string | undefined {
  if (metric.rubric !== undefined) return undefined;
  const isRubric =
    typeof expected === "string" && /\S/.test(expected) && expected.length <= EVAL_LIMITS.max_rubric_chars;
  return isRubric
    ? undefined
    : `must be a rubric of at most ${EVAL_LIMITS.max_rubric_chars} characters for the metric ${labelOf(metric)}`;
}

function textError(metric: EvalMetric, { references }: Measures): string | undefined {
  if (references.length === 0 || !references.every((one) => typeof one === "string"))
    return `must be a string for the metric ${labelOf(metric)}`;
  return metric.metric.startsWith("contains") && references.includes("")
    ? `must not be empty for the metric ${labelOf(metric)}`
    : undefined;
}

const errorOf = (sized: Sized<unknown>): string | undefined => ("error" in sized ? sized.error : undefined);

/** A metric, and the measures of the pattern or schema of its own. */
function measureMetric(metric: EvalMetric) {
  const pattern = metric.metric === "regex" ? metric.pattern : undefined;
  const extract = typeof metric.extract === "object" ? metric.extract.pattern : undefined;
  const schema = metric.metric === "json_schema" ? metric.schema : undefined;
  return {
    metric,
    pattern: pattern === undefined ? undefined : sizeOfPattern(pattern),
    extract: extract === undefined ? undefined : sizeOfPattern(extract),
    schema: schema === undefined ? undefined : sizeOfSchema(schema),
  };
}

type MeasuredMetric = ReturnType<typeof measureMetric>;

/** Refuses repeated labels, and patterns and schemas of metrics that are too large; true when there was none. */
function checkMetrics(metrics: readonly MeasuredMetric[], refuse: Refuse): boolean {
  const labels = new Set<string>();
  let sound = true;
  const fault = (path: (string | number)[], message: string | undefined) => {
    if (message === undefined) return;
    sound = false;
    refuse(path, message);
  };
  for (const [index, { metric, pattern, schema, extract }] of metrics.entries()) {
    const label = labelOf(metric);
    const where = metric.label === undefined ? [] : ["label"];
    if (labels.has(label)) fault(["metrics", index, ...where], "is listed twice: give each a label of its own");
    labels.add(label);
    if (pattern !== undefined) fault(["metrics", index, "pattern"], errorOf(pattern));
    if (schema !== undefined) fault(["metrics", index, "schema"], errorOf(schema));
    if (extract !== undefined) fault(["metrics", index, "extract", "pattern"], errorOf(extract));
  }
  return sound;
}

/** More errors than a response has. */
const MAX_REFUSALS = 50;

/** Refuses repeated ids, and once per case what some metric cannot use; true when there was none. */
function checkCases(cases: readonly Measured[], metrics: readonly EvalMetric[], refuse: Refuse): boolean {
  const ids = new Set<string>();
  let refused = 0;
  for (const [index, { id, measures }] of cases.entries()) {
    if (refused >= MAX_REFUSALS) break;
    if (ids.has(id)) {
      refused += 1;
      refuse(["cases", index, "id"], "is listed twice");
    }
    ids.add(id);
    const error = firstError(metrics, measures);
    if (error === undefined) continue;
    refused += 1;
    refuse(["cases", index, "expected"], error);
  }
  const baselines = cases.filter(({ baseline }) => baseline).length;
  if (baselines > 0 && baselines < cases.length) {
    refuse(
      ["cases", cases.findIndex(({ baseline }) => !baseline), "baseline"],
      "must be given with every case, or with none",
    );
    return false;
  }
  return refused === 0;
}

function firstError(metrics: readonly EvalMetric[], measures: Measures): string | undefined {
  for (const metric of metrics) {
    const error = expectedError(metric, measures);
    if (error !== undefined) return error;
  }
  return undefined;
}

/** How often a metric counts runs of characters or words over all of a text; BLEU does for the corpus again. */
function countsOf(metric: EvalMetric): number {
  if (metric.metric === "chrf") return CHRF_ORDERS;
  if (metric.metric === "bleu") return 2 * metric.order;
  return { token_f1: 1, rouge_1: 1, rouge_2: 2 }[metric.metric as string] ?? 0;
}

/** How many metrics ask for each kind of work, and what their own patterns and schemas stand for. */
function demandOf(metrics: readonly MeasuredMetric[]) {
  const count = (name: EvalMetric["metric"]) =>
    metrics.filter(({ metric, pattern, schema }) => metric.metric === name && (pattern ?? schema) === undefined).length;
  const patterns = metrics.flatMap(({ pattern, extract }) =>
    [pattern, extract].flatMap((one) => (one === undefined ? [] : [sizeOf(one)])),
  );
  const isRouge = ({ metric }: MeasuredMetric) => metric.metric === "rouge_l";
  const byChar = metrics.filter(
    (one) => isRouge(one) && "tokenize" in one.metric && one.metric.tokenize === "char",
  ).length;
  const schemas = metrics.flatMap(({ schema }) => (schema === undefined ? [] : [sizeOf(schema)]));
  return {
    counts: sum(metrics.map(({ metric }) => countsOf(metric))),
    levenshtein: metrics.flatMap(({ metric }) => (metric.metric === "levenshtein" ? [metric] : [])),
    rouge_l: count("rouge_l") - byChar,
    rouge_char: byChar,
    case_patterns: count("regex"),
    case_schemas: count("json_schema"),
    instructions: sum(patterns.map(({ instructions }) => instructions)),
    tables: sum(patterns.map(({ tables }) => tables)),
    nodes: sum(schemas.map(({ nodes }) => nodes)),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What comparing a case takes: texts are folded to be measured only where the run may pass the limit by their growth. */
function levenshteinCells(cases: readonly Measured[], metrics: readonly Folding[]): (measures: Measures) => number {
  const plain = ({ output_chars, expected_chars }: Measures) => output_chars * expected_chars;
  const growth = sum(metrics.map((metric) => mostGrowth(metric) ** 2));
  const may_pass = growth * sum(cases.map(({ measures }) => plain(measures))) > EVAL_LIMITS.max_run_levenshtein_cells;
  return (measures) =>
    sum(
      metrics.map((metric) => (may_pass && mostGrowth(metric) > 1 ? measures.folded_cells(metric) : plain(measures))),
    );
}

/** Refuses the first case that takes the run past a limit of its work. A case is counted once for all metrics of a kind. */
function checkWork(cases: readonly Measured[], metrics: readonly MeasuredMetric[], refuse: Refuse): void {
  const demand = demandOf(metrics);
  const spent: Record<RunLimit, number> = {
    max_run_schema_nodes: demand.nodes,
    max_run_regex_steps: demand.tables * COMPILING_CHARS,
    max_run_levenshtein_cells: 0,
    max_run_counted: 0,
    max_run_rouge_cells: 0,
  };
  const most_rouge_cells = demand.rouge_l * sum(cases.map(({ measures }) => measures.most_rouge_cells));
  const cells = levenshteinCells(cases, demand.levenshtein);
  const counts_words = most_rouge_cells > EVAL_LIMITS.max_run_rouge_cells;
  for (const [index, { measures }] of cases.entries()) {
    const chars = measures.output_chars + COMPILING_CHARS;
    spent.max_run_regex_steps += demand.instructions * chars;
    spent.max_run_levenshtein_cells += cells(measures);
    spent.max_run_counted += demand.counts * (measures.output_chars + measures.expected_chars);
    if (demand.case_patterns > 0) {
      const { instructions, tables } = sizeOf(measures.pattern());
      spent.max_run_regex_steps += demand.case_patterns * (instructions * chars + tables * COMPILING_CHARS);
    }
    if (demand.case_schemas > 0) spent.max_run_schema_nodes += demand.case_schemas * sizeOf(measures.schema()).nodes;
    spent.max_run_rouge_cells += demand.rouge_char * measures.output_chars * measures.expected_chars;
    if (counts_words) spent.max_run_rouge_cells += demand.rouge_l * measures.rouge_cells();
    const limit = RUN_LIMITS.find((name) => spent[name] > EVAL_LIMITS[name]);
    if (limit === undefined) continue;
    const field = limit === "max_run_schema_nodes" ? "expected" : "output";
    return refuse(["cases", index, field], `takes the run past ${EVAL_LIMITS[limit]} ${WORK_WORDS[limit]}`);
  }
}

function sizeOf<T>(sized: Sized<T>): T {
  if ("size" in sized) return sized.size;
  throw new Error("a case was counted although it was refused");
}

/** Calls `refuse` for what is wrong between the fields of inputs; once per case, and for the first limit passed. */
export function checkEval(cases: readonly EvalCase[], metrics: readonly EvalMetric[], refuse: Refuse): void {
  const own = metrics.map(measureMetric);
  if (!checkMetrics(own, refuse)) return;
  const measured = cases.map((item) => ({
    id: item.id,
    baseline: item.baseline !== undefined,
    measures: measuresOf(item),
  }));
  const graded = gradedOf({ cases, metrics });
  if (graded.length > EVAL_LIMITS.max_run_graded)
    return refuse(
      ["cases"],
      `must have at most ${EVAL_LIMITS.max_run_graded} outputs for a model to grade, under all metrics`,
    );
  if (checkCases(measured, metrics, refuse)) checkWork(measured, own, refuse);
}
