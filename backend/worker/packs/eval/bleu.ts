import type { EvalCase } from "#core/domain/packs/eval-checks.ts";
import { foldCase } from "#core/domain/packs/eval-folding.ts";
import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { counted, ngrams, shared } from "./overlap.ts";
import { expectedTexts, type Scorer } from "./scorer.ts";

/** What method 1 of Chen and Cherry 2014 counts for an order without a match; the value of their experiments. */
const EPSILON = 0.1;

/** Tokens as mteval-v13a.pl and sacreBLEU's `13a` make them: symbols apart, and . , - apart from what is no number. */
export function tokens13a(text: string): readonly string[] {
  const line = text
    .replaceAll("<skipped>", "")
    .replaceAll("-\n", "")
    .replaceAll("\n", " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
  const spaced = ` ${line} `
    .replace(/([{-~[-` -&(-+:-@/])/g, " $1 ")
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");
  return spaced.match(/\S+/g) ?? [];
}

/** What one output has in common with its references: of each order its runs, and those that a reference has too. */
interface Statistics {
  readonly matches: readonly number[];
  readonly totals: readonly number[];
  readonly length: number;
  /** Of the reference whose length is nearest, the shorter among equals. */
  readonly reference: number;
}

type Tokens = readonly string[];

function statisticsOf(output: Tokens, references: readonly Tokens[], order: number): Statistics {
  const orders = Array.from({ length: order }, (_, at) => at + 1);
  const matches = orders.map((n) => {
    const most = new Map<string, number>();
    for (const reference of references)
      for (const [run, count] of counted(ngrams(reference, n)).of) most.set(run, Math.max(count, most.get(run) ?? 0));
    return shared(counted(ngrams(output, n)), { of: most });
  });
  const [nearest = 0] = references
    .map(({ length }) => length)
    .toSorted((a, b) => Math.abs(a - output.length) - Math.abs(b - output.length) || a - b);
  return {
    matches,
    totals: orders.map((n) => Math.max(0, output.length - n + 1)),
    length: output.length,
    reference: nearest,
  };
}

const brevityOf = ({ length, reference }: Pick<Statistics, "length" | "reference">): number =>
  length > reference ? 1 : Math.exp(1 - reference / length);

/**
 * Sentence BLEU (Papineni et al. 2002). Orders longer than the output are left out, as sacreBLEU's effective order does.
 * Without a shared token it is 0 whatever the smoothing.
 */
function sentenceBleu(statistics: Statistics, smoothing: MetricOf<"bleu">["smoothing"]): number {
  const { matches, totals } = statistics;
  const orders = totals.filter((total) => total > 0).length;
  if (orders === 0) return 0;
  let logs = 0;
  for (let at = 0; at < orders; at++) {
    const matched = matches[at] ?? 0;
    if (matched === 0 && (at === 0 || smoothing === "none")) return 0;
    logs += Math.log((matched === 0 ? EPSILON : matched) / (totals[at] ?? 1));
  }
  return brevityOf(statistics) * Math.exp(logs / orders);
}

/** BLEU of many outputs as one text; an order without a match counts half of the last one's share, as sacreBLEU's `exp` does. */
function corpusBleu(all: readonly Statistics[], order: number): number {
  const sum = (pick: (one: Statistics) => number) => all.reduce((total, one) => total + pick(one), 0);
  const whole = { length: sum((one) => one.length), reference: sum((one) => one.reference) };
  if (whole.length === 0) return 0;
  let smooth = 1;
  let logs = 0;
  for (let at = 0; at < order; at++) {
    const matches = sum((one) => one.matches[at] ?? 0);
    const total = sum((one) => one.totals[at] ?? 0);
    if (total === 0 || (matches === 0 && at === 0)) return 0;
    if (matches === 0) smooth *= 2;
    logs += Math.log(matches === 0 ? 1 / (smooth * total) : matches / total);
  }
  return brevityOf(whole) * Math.exp(logs / order);
}

function tokenizer(metric: MetricOf<"bleu">): (text: string) => Tokens {
  return (text) => {
    const cased = metric.ignore_case ? foldCase(text) : text;
    if (metric.tokenize === "13a") return tokens13a(cased);
    return cased.match(metric.tokenize === "char" ? /\S/gu : /\S+/g) ?? [];
  };
}

const statisticsFor = (metric: MetricOf<"bleu">) => {
  const tokensOf = tokenizer(metric);
  return (item: EvalCase) => statisticsOf(tokensOf(item.output), expectedTexts(item).map(tokensOf), metric.order);
};

export function bleu(metric: MetricOf<"bleu">): Scorer {
  const statistics = statisticsFor(metric);
  return (item) => ({ score: sentenceBleu(statistics(item), metric.smoothing) });
}

/** BLEU of all cases as one corpus. */
export const bleuOfCorpus = (metric: MetricOf<"bleu">, cases: readonly EvalCase[]): number =>
  Math.min(1, corpusBleu(cases.map(statisticsFor(metric)), metric.order));
