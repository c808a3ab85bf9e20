import { createHash } from "node:crypto";
import { z } from "zod";
import { encodePng } from "../support/scan/png.ts";
import { scan } from "../support/scan/scan.ts";
import { expect, type Job } from "./demo-jobs.ts";

const PRINTED = ["Invoice No. 2043", "24 reams of paper, delivered in May", "Total: $118.40, due in 30 days"];

/** A page as it comes from a scanner: noisy, and not quite straight. */
function ocr(): Job {
  const picture = scan(PRINTED, { px: 32, noise: 12, degrees: 2.5 });
  const image = encodePng({ ...picture, pixels: picture.pixels.map((grey) => grey & 0xf0) });
  return {
    title: "ocr: a noisy scan, turned by 2.5 degrees",
    body: { pack_type: "ocr", max_cost_usd: "0.0500", inputs: { image: image.toString("base64") } },
    found(data) {
      const rotation = z.object({ skew_degrees: z.number() });
      const read = z.object({ text: z.string(), confidence: z.number(), rotation }).parse(data);
      expect(read.text.replaceAll(/\n+/g, "\n") === PRINTED.join("\n"), `what was printed, got ${read.text}`);
      const about = `confidence ${read.confidence}, skew ${read.rotation.skew_degrees} degrees`;
      return [`text: ${PRINTED.join(" / ")}`, about];
    },
  };
}

const compliance: Job = {
  title: "compliance: a support mail with what should not be in it",
  body: {
    pack_type: "compliance",
    max_cost_usd: "0.0100",
    inputs: {
      text:
        "Hello, this is Ada (ada@example.com, +44 20 7946 0958). I paid with 4111 1111 1111 1111, please refund to " +
        "GB82 WEST 1234 5698 7654 32. Our server is http://root:hunter2@db.example.com/ if you need to look. " +
        "Write to ada@example.com about ticket OPS-20417.",
      patterns: [{ name: "ticket", pattern: "\\bOPS-\\d{5}\\b", severity: "low" }],
      mask: "pseudonym",
    },
  },
  found(data) {
    const counts = z.record(z.string(), z.number());
    const report = z.object({ verdict: z.string(), counts, masked_text: z.string() }).parse(data);
    const rules = Object.keys(report.counts).toSorted().join(", ");
    expect(report.verdict === "FAIL", `the verdict FAIL, got ${report.verdict}`);
    expect(rules === "custom, email, iban, payment_card, phone, url_credentials", `each planted finding, got ${rules}`);
    expect(!report.masked_text.includes("4111"), "the card to be masked");
    const people = report.masked_text.match(/\[EMAIL_\d\]/g) ?? [];
    expect(people.join() === "[EMAIL_1],[EMAIL_1]", `one mark for one address, got ${people.join()}`);
    return [`verdict ${report.verdict}: ${rules}`, `masked: ${report.masked_text.slice(0, 90)}...`];
  },
};

const evaluation: Job = {
  title: "eval: is the new prompt better? Two systems, by the number in each answer",
  body: {
    pack_type: "eval",
    max_cost_usd: "0.0200",
    inputs: {
      cases: [
        { id: "sum", output: "The total is $29.00.", baseline: "About 30, I think.", expected: 29 },
        { id: "share", output: "That makes 42%.", baseline: "That makes 42%.", expected: 42 },
        { id: "thousands", output: "1,029 visitors came.", baseline: "Some 1,000 visitors came.", expected: 1029 },
        { id: "age", output: "He was 36.", baseline: "He was 37.", expected: 37 },
      ],
      metrics: [{ metric: "numeric", extract: "number" }],
    },
  },
  found(data) {
    const overall = z.object({ passed: z.number(), mean: z.number() });
    const cases = z.array(z.object({ id: z.string(), passed: z.boolean() }));
    const difference = z.object({ overall: z.object({ difference: z.number() }) });
    const report = z.object({ overall, cases, comparison: difference }).parse(data);
    const wrong = report.cases.filter(({ passed }) => !passed).map(({ id }) => id);
    expect(wrong.join() === "age", `the wrong answer alone to fail, got ${wrong.join() || "none"}`);
    const better = report.comparison.overall.difference;
    expect(better === 0.25, `a mean that is better by 0.25, got ${better}`);
    return [
      `${report.overall.passed} of 4 pass, mean ${report.overall.mean}, better by ${better}; fails: ${wrong.join()}`,
    ];
  },
};

const char: Job = {
  title: "char: a portrait of Ada Lovelace with red hair and glasses, as SVG and PNG",
  body: {
    pack_type: "char",
    max_cost_usd: "0.0100",
    inputs: {
      name: "Ada Lovelace",
      style: "lorelei",
      seed: "ada-1",
      size: 256,
      features: { glasses: "variant02" },
      colors: { hair: "#a0522d" },
      background: "transparent",
      png: true,
    },
  },
  found(data, artifacts) {
    const drawing = z.object({ artifact: z.string(), sha256: z.string(), bytes: z.number() });
    const features = z.object({ glasses: z.string() });
    const { png, ...svg } = drawing.extend({ features, png: drawing }).parse(data);
    const bytesOf = (wanted: string) => {
      const { text, base64 = "" } = artifacts.find(({ name }) => name === wanted) ?? {};
      return text === undefined ? Buffer.from(base64, "base64") : Buffer.from(text);
    };
    for (const { artifact, sha256 } of [svg, png])
      expect(createHash("sha256").update(bytesOf(artifact)).digest("hex") === sha256, `the own sha256 of ${artifact}`);
    expect(svg.features.glasses === "variant02", `the glasses that were asked for, got ${svg.features.glasses}`);
    expect(bytesOf(svg.artifact).includes("Ada Lovelace"), "an SVG with its title");
    expect(bytesOf(png.artifact).subarray(1, 4).toString() === "PNG", "a PNG");
    return [svg, png].map(
      ({ artifact, bytes, sha256 }) => `${artifact}: ${bytes} bytes, sha256 ${sha256.slice(0, 16)}... verified`,
    );
  },
};

/** Only where the workers have a model. */
export const extraction: Job = {
  title: "extract: what an invoice says, by a JSON Schema",
  body: {
    pack_type: "extract",
    max_cost_usd: "0.0500",
    inputs: {
      text: "Invoice: 2043, 5 May 2026\nSeller: Paper & Sons Ltd\n24 reams of paper at $4.90 each\nTotal: $117.60",
      schema: {
        type: "object",
        properties: { invoice: { type: "string" }, seller: { type: "string" }, total: { type: "number" } },
        required: ["invoice", "seller", "total"],
        additionalProperties: false,
      },
    },
  },
  found(data) {
    const value = z.object({ invoice: z.string(), seller: z.string(), total: z.number() });
    const read = z.object({ value, grounding: z.object({ values: z.number(), found: z.number() }), model: z.string() });
    const { value: found, grounding, model } = read.parse(data);
    expect(found.total === 117.6, `the total that is printed, got ${found.total}`);
    expect(grounding.found === grounding.values, "every value to stand in the text");
    return [
      `by ${model}: ${JSON.stringify(found)}`,
      `${grounding.found} of ${grounding.values} values stand in the text`,
    ];
  },
};

/** A run of each pack that the short demo leaves out and that needs no model. */
export const otherJobs = (): readonly Job[] => [ocr(), compliance, evaluation, char];
