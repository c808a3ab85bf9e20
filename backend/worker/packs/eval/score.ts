import type { EvalInputs } from "#core/domain/packs/eval.ts";
import { labelOf } from "#core/domain/packs/eval-checks.ts";
import type { EvalMetric, MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { bleu, bleuOfCorpus } from "./bleu.ts";
import { chrf } from "./chrf.ts";
import { compare, type Comparison, RESAMPLES } from "./compare.ts";
import { type Grades, modelGraded } from "./grades.ts";
import { extractor } from "./extract.ts";
import { jsonSchema } from "./json-schema.ts";
import { createMeter, type Meter, METER_LIMITS } from "./meter.ts";
import { numeric } from "./numeric.ts";
import { rougeL, rougeN, tokenF1 } from "./overlap.ts";
import { contains, containsAll, exact, levenshtein } from "./plain-text.ts";
import { regex } from "./regex.ts";
import { Rejected } from "./rejected.ts";
import type { ChoosyScorer, Scored, Scorer } from "./scorer.ts";
import { decimal, meanOf, millionths, type Summary, summarize } from "./statistics.ts";

interface CaseReport {
  readonly id: string;
  /** Mean of the scores. */
  readonly score: number;
  /** Every metric was passed. */
  readonly passed: boolean;
  readonly scores: Readonly<Record<string, number>>;
  readonly notes?: Readonly<Record<string, string>>;
}

export interface EvalReport {
  readonly count: number;
  readonly threshold: number;
  readonly overall: Summary;
  readonly metrics: readonly (Summary & {
    readonly label: string;
    readonly metric: string;
    readonly threshold: number;
    readonly corpus?: number;
  })[];
  readonly cases: readonly CaseReport[];
  readonly comparison?: Compared;
}

/** The two systems of a run, where its cases have baselines. */
interface Compared {
  readonly resamples: number;
  readonly seed: number;
  readonly overall: Comparison;
  readonly metrics: readonly (Comparison & { readonly label: string })[];
}

export type Scoring =
  | { readonly kind: "scored"; readonly report: EvalReport }
  /** `scored`: outputs were read before it was found, which was work. */
  | { readonly kind: "rejected"; readonly scored: boolean; readonly reason_code: string; readonly detail: string };

/** A scorer of what is taken out of each output. */
function scorerOf(metric: EvalMetric, at: number, meter: Meter, grades: Grades): Scorer | ChoosyScorer {
  const whole = metric.metric === "model_graded" ? modelGraded(at, grades) : scorerOfWhole(metric, at, meter);
  if (metric.extract === undefined) return whole;
  const extract = extractor(metric.extract, at);
  const score = "prepare" in whole ? whole.score : whole;
  const scorer: Scorer = (item, index) => {
    const output = extract(item.output);
    return output === undefined ? { score: 0, note: "nothing to extract" } : score({ ...item, output }, index);
  };
  return "prepare" in whole ? { prepare: whole.prepare, score: scorer } : scorer;
}

function scorerOfWhole(
  metric: Exclude<EvalMetric, MetricOf<"model_graded">>,
  at: number,
  meter: Meter,
): Scorer | ChoosyScorer {
  switch (metric.metric) {
    case "exact":
      return exact(metric);
    case "contains":
    case "contains_any":
      return contains(metric);
    case "contains_all":
      return containsAll(metric);
    case "regex":
      return regex(metric, at);
    case "numeric":
      return numeric(metric);
    case "json_schema":
      return jsonSchema(metric, at, meter);
    case "levenshtein":
      return levenshtein(metric);
    case "token_f1":
      return tokenF1(metric);
    case "rouge_1":
      return rougeN(metric, 1);
    case "rouge_2":
      return rougeN(metric, 2);
    case "rouge_l":
      return rougeL(metric);
    case "bleu":
      return bleu(metric);
    case "chrf":
      return chrf(metric);
  }
}

/** One metric under all cases; scores are in millionths. */
interface Column {
  readonly label: string;
  readonly metric: string;
  readonly threshold: number;
  readonly cells: readonly (Scored & { readonly passed: boolean })[];
}

function columnOf(inputs: EvalInputs, metric: EvalMetric, scorer: Scorer): Column {
  const threshold = millionths(metric.threshold ?? inputs.threshold);
  const cells = inputs.cases.map((item, index) => {
    const { score, ...note } = scorer(item, index);
    const rounded = millionths(score);
    return { ...note, score: rounded, passed: rounded >= threshold };
  });
  return { label: labelOf(metric), metric: metric.metric, threshold: decimal(threshold), cells };
}

function caseReport(id: string, index: number, columns: readonly Column[]): CaseReport {
  const cells = columns.flatMap(({ label, cells }) =>
    cells.slice(index, index + 1).map((cell) => ({ label, ...cell })),
  );
  const notes = cells.flatMap(({ label, note }) => (note === undefined ? [] : [[label, note] as const]));
  return {
    id,
    score: decimal(meanOf(cells.map(({ score }) => score))),
    passed: cells.every(({ passed }) => passed),
    scores: Object.fromEntries(cells.map(({ label, score }) => [label, decimal(score)])),
    ...(notes.length === 0 ? {} : { notes: Object.fromEntries(notes) }),
  };
}

interface Prepared {
  readonly metric: EvalMetric;
  readonly at: number;
  readonly scorer: Scorer | ChoosyScorer;
}

/** A rejection here costs nothing: all patterns and schemas are compiled before any output is read. */
function prepared(inputs: EvalInputs, grades: Grades): readonly Prepared[] {
  const meter = createMeter(METER_LIMITS);
  const scorers = inputs.metrics.map((metric, at) => ({ metric, at, scorer: scorerOf(metric, at, meter, grades) }));
  for (const { scorer } of scorers) {
    if ("prepare" in scorer) inputs.cases.forEach(scorer.prepare);
  }
  return scorers;
}

function columnsOf(inputs: EvalInputs, scorers: readonly Prepared[]): readonly Column[] {
  const choosyFirst = scorers.toSorted((a, b) => Number("prepare" in b.scorer) - Number("prepare" in a.scorer));
  const columns = choosyFirst.map(({ metric, at, scorer }) => ({
    at,
    column: columnOf(inputs, metric, "prepare" in scorer ? scorer.score : scorer),
  }));
  return columns.toSorted((a, b) => a.at - b.at).map(({ column }) => column);
}

function rejected(error: unknown, scored: boolean): Scoring {
  if (!(error instanceof Rejected)) throw error;
  return { kind: "rejected", scored, reason_code: error.reason_code, detail: error.detail };
}

/** BLEU of the outputs as one corpus, of what is taken out of each. */
function corpusOf(inputs: EvalInputs, metric: EvalMetric, at: number): { readonly corpus?: number } {
  if (metric.metric !== "bleu") return {};
  const extract = metric.extract === undefined ? (output: string) => output : extractor(metric.extract, at);
  const cases = inputs.cases.map((item) => ({ ...item, output: extract(item.output) ?? "" }));
  return { corpus: decimal(millionths(bleuOfCorpus(metric, cases))) };
}

const scoresOf = ({ cells }: Column): readonly number[] => cells.map(({ score }) => score);

/** Means of the cases over the columns, in millionths. */
const overallOf = (inputs: EvalInputs, columns: readonly Column[]): readonly number[] =>
  inputs.cases.map(({ id }, index) => millionths(caseReport(id, index, columns).score));

function comparison(
  inputs: EvalInputs,
  scorers: readonly Prepared[],
  columns: readonly Column[],
): Compared | undefined {
  if (inputs.cases.some(({ baseline }) => baseline === undefined)) return undefined;
  const cases = inputs.cases.map((item) => ({ ...item, output: item.baseline ?? "" }));
  const other = columnsOf({ ...inputs, cases }, scorers);
  const seed = inputs.seed ?? 0;
  return {
    resamples: RESAMPLES,
    seed,
    overall: compare(overallOf(inputs, columns), overallOf(inputs, other), seed),
    metrics: columns.map((column, at) => {
      const baselines = other.slice(at, at + 1).flatMap(scoresOf);
      return { label: column.label, ...compare(scoresOf(column), baselines, seed) };
    }),
  };
}

function reportOf(inputs: EvalInputs, scorers: readonly Prepared[]): EvalReport {
  const columns = columnsOf(inputs, scorers);
  const cases = inputs.cases.map(({ id }, index) => caseReport(id, index, columns));
  const compared = comparison(inputs, scorers, columns);
  return {
    count: cases.length,
    threshold: decimal(millionths(inputs.threshold)),
    overall: summarize(
      cases.map(({ score }) => millionths(score)),
      cases.filter(({ passed }) => passed).length,
    ),
    metrics: inputs.metrics.flatMap((given, at) =>
      columns.slice(at, at + 1).map(({ label, metric, threshold, cells }) => {
        const summary = summarize(
          cells.map(({ score }) => score),
          cells.filter(({ passed }) => passed).length,
        );
        return { label, metric, threshold, ...summary, ...corpusOf(inputs, given, at) };
      }),
    ),
    cases,
    ...(compared === undefined ? {} : { comparison: compared }),
  };
}

/** What is found wrong with inputs before any output is read; undefined where nothing is. */
export function checkInputs(inputs: EvalInputs): Pick<Rejected, "reason_code" | "detail"> | undefined {
  try {
    prepared(inputs, {});
    return undefined;
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    const { reason_code, detail } = error;
    return { reason_code, detail };
  }
}

/**
 * Scores every case by every metric. A pure function of its inputs; scores are rounded to six decimals before anything
 * is made of them. It may take seconds of a processor.
 */
export function score(inputs: EvalInputs, grades: Grades = {}): Scoring {
  let prepare: readonly Prepared[];
  try {
    prepare = prepared(inputs, grades);
  } catch (error) {
    return rejected(error, false);
  }
  try {
    return { kind: "scored", report: reportOf(inputs, prepare) };
  } catch (error) {
    return rejected(error, true);
  }
}
