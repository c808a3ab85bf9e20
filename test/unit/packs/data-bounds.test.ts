import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PackOffer, PackOutcome } from "#core/domain/pack.ts";
import { CHAR_LIMITS, CHAR_STYLES, charOffer } from "#core/domain/packs/char.ts";
import { DECISION_LIMITS } from "#core/domain/packs/decision-limits.ts";
import { decisionOffer } from "#core/domain/packs/decision.ts";
import { ocrOffer } from "#core/domain/packs/ocr.ts";
import { OCR_LIMITS } from "#core/domain/packs/ocr-limits.ts";
import { URL_LIMITS, urlOffer } from "#core/domain/packs/url.ts";
import { jsonWork } from "../../../backend/worker/off-thread/json-work.ts";
import { loadStyle } from "../../../backend/worker/packs/char/style.ts";
import { reportOutcome } from "../../../backend/worker/packs/decision/report-outcome.ts";
import { readImage } from "../../../backend/worker/packs/ocr/read-image.ts";
import { pageOutcome } from "../../../backend/worker/packs/page/page-outcome.ts";
import { SAMPLES } from "../../support/scan/samples.ts";
import { portray } from "./char-fixture.ts";

/** What a worker would deliver. What it cannot write is the platform's failure, for which nothing is charged. */
function written({ data: schema }: Pick<PackOffer, "data">, outcome: PackOutcome) {
  if (outcome.kind !== "done") throw new Error(outcome.reason_code);
  const bytes = jsonWork.write(outcome.data, schema);
  if (!(bytes instanceof Uint8Array)) throw new Error(JSON.stringify(bytes));
  return JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
}

const asked = { options: "caller", criteria: "caller", scores: "caller" } as const;
const ranked = (inputs: unknown) =>
  written(
    decisionOffer,
    reportOutcome({ inputs: decisionOffer.inputs.parse(inputs), sources: asked, model: null, spent: {} }),
  );
const list = <T>(length: number, item: (index: number) => T): T[] => Array.from({ length }, (_, index) => item(index));

describe("a decision", () => {
  const { max_options, max_criteria, max_name_chars, max_question_chars } = DECISION_LIMITS;
  /** As many bytes as there can be: three for a UTF-16 unit. */
  const long = (prefix: string, index: number) => `${prefix}${index}`.padEnd(max_name_chars, "\uFFFD");
  const options = list(max_options, (index) => long("o", index));
  const criteria = list(max_criteria, (index) => ({ name: long("c", index), weight: index + 1, direction: "max" }));
  const scored = (score: (option: number, criterion: number) => number) =>
    Object.fromEntries(
      options.map((option, row) => [
        option,
        Object.fromEntries(criteria.map(({ name }, index) => [name, score(row, index)])),
      ]),
    );
  const largest = { question: "\uFFFD".repeat(max_question_chars), mode: "detailed", options, criteria };

  test.each(["weighted_sum", "topsis", "promethee"])("of the largest table by %s is delivered", (method) => {
    const dominated = ranked({ ...largest, method, scores: scored((row) => row / 7) });
    expect(dominated["dominated"]).toHaveLength(max_options - 1);
    const tied = ranked({ ...largest, method, scores: scored(() => 3) });
    expect(tied["tied"]).toHaveLength(max_options);
  });

  test("that finds every option wanting in all, or every score missing, is delivered", () => {
    const strict = criteria.map((criterion) => ({ ...criterion, at_least: 1e300 }));
    const { excluded } = ranked({ ...largest, criteria: strict, scores: scored(() => 1 / 3) });
    expect(excluded).toHaveLength(max_options * max_criteria);
    expect(ranked(largest)["missing"]).toHaveLength(max_options * max_criteria);
  });

  test("with a warning of every criterion and nearly every option is delivered", () => {
    const [forFirst, rest] = [26, 24];
    const columns = list(forFirst + rest, (index) => ({
      name: `c${index}`,
      weight: index < forFirst ? 1 : 3.2,
      direction: "max",
    }));
    // The first option leads by little: what stretches a criterion of the second, or does not of its own, turns it.
    const row = (score: (own: number) => number) =>
      Object.fromEntries(columns.map(({ name }, index) => [name, score(index - forFirst)]));
    const scores = {
      first: row((own) => (own < 0 ? 1_001 : 1_000)),
      second: row((own) => (own < 0 ? 1_000 : 1_001)),
      ...Object.fromEntries(
        list(rest, (at) => [
          [`low ${at}`, row((own) => (own === at ? 999 : 1_000))],
          [`high ${at}`, row((own) => (own === at ? 1_002 : 1_000))],
        ]).flat(),
      ),
    };
    const inputs = { question: "Which?", normalisation: "min_max", options: Object.keys(scores), criteria: columns };
    const { warnings, winner } = ranked({ ...inputs, scores });
    expect(winner).toBe("first");
    expect(warnings).toHaveLength(max_criteria + 2 * rest + forFirst);
  });

  test("of numbers at the ends of what a number can be is delivered, and its draws are shared out", () => {
    const { MAX_VALUE: most, MIN_VALUE: least } = Number;
    const number = fc.constantFrom(most, -most, least, -least, 0, 1, 2, 5.5, 1e-300, 1e154, 1 + Number.EPSILON);
    const above = number.map((value) => Math.abs(value) || 1);
    const share = fc.constantFrom(undefined, 0, 1e-300, 0.5, 1);
    const criterion = fc.record({ weight: above, direction: fc.constantFrom("max", "min"), indifference: above });
    const tables = fc.record({
      method: fc.constantFrom("weighted_sum", "topsis", "vikor", "promethee"),
      normalisation: fc.constantFrom("common", "min_max", "sum", "max"),
      columns: fc.array(criterion, { minLength: 1, maxLength: 3 }),
      rows: fc.array(fc.array(number, { minLength: 3, maxLength: 3 }), { minLength: 2, maxLength: 4 }),
      off: fc.record({ weights: share, scores: share }),
    });
    fc.assert(
      fc.property(tables, ({ method, normalisation, columns, rows, off }) => {
        const positive = method === "weighted_sum" && ["sum", "max"].includes(normalisation);
        const cell = (value: number) => (positive ? Math.abs(value) || 1 : value);
        const { robustness } = ranked({
          question: "Which?",
          mode: "detailed",
          method,
          normalisation,
          options: rows.map((_, row) => `o${row}`),
          criteria: columns.map((column, index) => ({ ...column, name: `c${index}` })),
          scores: Object.fromEntries(
            rows.map((row, at) => [
              `o${at}`,
              Object.fromEntries(columns.map((_, index) => [`c${index}`, cell(row[index] ?? 0)])),
            ]),
          ),
          uncertainty: { ...off, samples: 100 },
        });
        const wins = (robustness as { wins: { share: number }[] }).wins;
        expect(wins.reduce((sum, win) => sum + win.share, 0)).toBeCloseTo(1, 6);
      }),
      { numRuns: 400, seed: 11 },
    );
  });
});

describe("a page", () => {
  const url = `https://a.example/${"x".repeat(URL_LIMITS.max_url_chars - 18)}`;
  const read = async (html: string, format: string, content_type = "text/html") => {
    const fetched = {
      kind: "ok" as const,
      final_url: url,
      status: 200,
      content_type,
      charset: "utf-8",
      body: Buffer.from(html),
      redirects: [url, url, url, url, url],
    };
    const inputs = urlOffer.inputs.parse({ url, format });
    return written(urlOffer, await pageOutcome({ inputs, fetched, article: true }, () => undefined));
  };
  const crab = "\u{1f980}";

  test.each(["text", "markdown"])("whose texts are longer than is told is delivered as %s, cut", async (format) => {
    // One unit before pairs: every limit, which is even, falls into the midst of one.
    const html = `<title>a${crab.repeat(400)}</title><meta name=author content="a${crab.repeat(400)}"><p>a${crab.repeat(1_000_100)}`;
    const page = await read(html, format);
    expect(page).toMatchObject({ truncated: true });
    expect(String(page["title"]).length).toBe(URL_LIMITS.max_label_chars - 1);
    const text = await read(`a${crab.repeat(1_000_100)}`, format, "text/plain");
    expect(String(text[format]).length).toBe(URL_LIMITS.max_text_chars - 1);
  });

  test("with more links than are listed, and longer, is delivered", async () => {
    const link = (index: number) =>
      `<a href="/${index}${"y".repeat(URL_LIMITS.max_url_chars - 30)}">a${crab.repeat(300)}</a>`;
    const { links } = await read(list(URL_LIMITS.max_links, link).join(""), "links");
    const plain = list(URL_LIMITS.max_links + 1, (index) => `https://a.example/${index}`).join(" ");
    expect((links as unknown[]).length).toBeGreaterThan(500);
    expect((await read(plain, "links", "text/plain"))["links"]).toHaveLength(URL_LIMITS.max_links);
  });

  test.each(["text", "markdown", "links"])(
    "whose data about itself has lone surrogates is delivered as %s",
    async (format) => {
      const about = String.raw`{"@context":"https://schema.org","@type":"Article","headline":"\ud800 one","author":{"name":"\udc00 two"}}`;
      const text = "A sentence, with commas, that says something at length about nothing. ".repeat(20);
      const html = `<script type="application/ld+json">${about}</script><article><p>${text}</p><p>${text}</p></article>`;
      const page = await read(html, format);
      if (format !== "links") expect(page).toMatchObject({ title: "\uFFFD one", byline: "\uFFFD two" });
    },
  );
});

test("an image of the most and the longest words is delivered", async () => {
  const { max_words, max_side_px } = OCR_LIMITS;
  const box = { left: 0, top: 0, width: max_side_px, height: max_side_px };
  const word = { text: "w", confidence: 100, box, line: max_words };
  const words = [{ ...word, text: "w".repeat(2 * max_side_px) }, ...list(max_words - 1, () => word)];
  const sure = { confidence: 100, word_confidence: 100, unread: 1 };
  const read = { text: "w".repeat(1_000_000), ...sure, words, skew_degrees: -45, half_turn: true };
  const request = { image: SAMPLES.jpeg, languages: ["eng", "deu"] as const, megapixels: 20, about: {} };
  const outcome = await readImage(request, async () => ({
    kind: "read",
    read: { ...read, words_total: OCR_LIMITS.max_pixels },
  }));
  expect(written(ocrOffer, outcome)).toMatchObject({ truncated: true });
});

test.each(CHAR_STYLES)(
  "a portrait of any feature and colour of %s, and of the longest name, is delivered",
  async (style) => {
    const name = `&${"\u{1f980}".repeat(CHAR_LIMITS.max_name_chars / 2 - 1)}"`;
    const seed = "\uFFFD".repeat(CHAR_LIMITS.max_seed_chars);
    const portrait = await portray({ name, seed, style, size: CHAR_LIMITS.max_size_px });
    const { components = {}, colors = {} } = (await loadStyle(style)).definition();
    const variants = Object.entries(components).flatMap(([part, of]) =>
      "variants" in of ? Object.keys(of.variants).map((variant) => [part, variant] as const) : [],
    );
    const shades = Object.entries(colors).flatMap(([part, { values }]) =>
      values.map((value) => [part, value] as const),
    );
    expect(variants.length).toBeGreaterThan(1);
    for (const [part, variant] of variants) {
      const data = { ...portrait.data, features: { ...portrait.data.features, [part]: variant } };
      expect(charOffer.data.safeParse(data).success, `${part} ${variant}`).toBe(true);
    }
    for (const [part, value] of shades) {
      const data = { ...portrait.data, colors: { ...portrait.data.colors, [part]: value } };
      expect(charOffer.data.safeParse(data).success, `${part} ${value}`).toBe(true);
    }
  },
);
