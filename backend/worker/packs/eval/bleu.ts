import type { MetricOf } from "#core/domain/packs/eval-metrics.ts";
import { shared } from "./overlap.ts";
import { expectedText, type Scorer } from "./scorer.ts";

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

/** Runs of `order` tokens; a token holds no space, so that a space may join them. */
function ngrams(tokens: readonly string[], order: number): string[] {
  const count = Math.max(0, tokens.length - order + 1);
  return Array.from({ length: count }, (_, at) => tokens.slice(at, at + order).join(" "));
}

/**
 * Sentence BLEU with one reference (Papineni et al. 2002). Orders longer than the output are left out, as sacreBLEU's
 * effective order does. Without a shared token it is 0 whatever the smoothing. Two empty texts agree.
 */
function sentenceBleu(
  output: readonly string[],
  reference: readonly string[],
  { order, smoothing }: Pick<MetricOf<"bleu">, "order" | "smoothing">,
): number {
  if (output.length === 0 || reference.length === 0) return output.length === reference.length ? 1 : 0;
  const orders = Math.min(order, output.length);
  let logs = 0;
  for (let n = 1; n <= orders; n += 1) {
    const matches = shared(ngrams(output, n), ngrams(reference, n));
    if (matches === 0 && (n === 1 || smoothing === "none")) return 0;
    logs += Math.log((matches === 0 ? EPSILON : matches) / (output.length - n + 1));
  }
  const brevity = output.length > reference.length ? 1 : Math.exp(1 - reference.length / output.length);
  return brevity * Math.exp(logs / orders);
}

export function bleu(metric: MetricOf<"bleu">): Scorer {
  const tokensOf = (text: string) => {
    const cased = metric.ignore_case ? text.toLowerCase() : text;
    return metric.tokenize === "13a" ? tokens13a(cased) : (cased.match(/\S+/g) ?? []);
  };
  return (item) => ({ score: sentenceBleu(tokensOf(item.output), tokensOf(expectedText(item)), metric) });
}
