import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { type PackOutcome, priceOf } from "#core/domain/pack.ts";
import { ocrOffer } from "#core/domain/packs/ocr.ts";
import { OCR_LIMITS } from "#core/domain/packs/ocr-limits.ts";
import { ocrPack } from "../../../backend/worker/packs/ocr.ts";
import { readImage } from "../../../backend/worker/packs/ocr/read-image.ts";
import type { Recognition } from "../../../backend/worker/packs/ocr/recognize.ts";
import { readWords } from "../../../backend/worker/packs/ocr/words.ts";
import { unturn } from "../../../backend/worker/packs/ocr/boxes.ts";
import type { Attempt } from "../../../backend/worker/packs/isolation/work-process.ts";
import { blackPng } from "../../support/scan/png.ts";
import { SAMPLES } from "../../support/scan/samples.ts";
import { context } from "./decision-fixture.ts";

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const refusals = (inputs: unknown) =>
  ocrOffer.inputs.safeParse(inputs).error?.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
const IMAGE_URL = "https://a.example/scan.png";

describe("inputs", () => {
  test.each([
    ["nothing", {}, "image is required, or image_url"],
    ["both", { image: SAMPLES.jpeg, image_url: IMAGE_URL }, "image_url must not be given beside image"],
    ["no base64", { image: "not base64!" }, "image must be base64 with padding and without white space"],
    ["an empty image", { image: "" }, "image must be a still PNG, JPEG or WebP image with a whole header"],
    ["a GIF", { image: SAMPLES.gif }, "image must be a still PNG, JPEG or WebP image with a whole header"],
    [
      "what moves",
      { image: SAMPLES.animated_webp },
      "image must be a still PNG, JPEG or WebP image with a whole header",
    ],
    ["a bomb", { image: base64(blackPng(5_000, 4_001)) }, `image must have at most ${OCR_LIMITS.max_pixels} pixels`],
    ["a strip", { image: base64(blackPng(10_001, 20)) }, "image must have sides of 10 to 10000 pixels"],
    ["a dot", { image: base64(blackPng(9, 9)) }, "image must have sides of 10 to 10000 pixels"],
    [
      "too many bytes",
      { image: base64(new Uint8Array(180_001)) },
      "image must be at most 240000 characters, which hold 180000 bytes",
    ],
    ["an unknown language", { image: SAMPLES.jpeg, language: "xyz" }, "language "],
    ["a third language", { image: SAMPLES.jpeg, languages: ["eng", "deu", "fra"] }, "languages "],
    [
      "a language twice",
      { image: SAMPLES.jpeg, languages: ["fra", "fra"] },
      "languages must not name a language twice",
    ],
    [
      "a language beside others",
      { image: SAMPLES.jpeg, language: "pol", languages: ["deu", "fra"] },
      "languages must include language, or be given alone",
    ],
    ["no web address", { image_url: "file:///etc/passwd" }, "image_url must be an absolute http or https URL"],
  ])("refuses %s, with the field", (_, inputs, refusal) => {
    const found = refusals(inputs) ?? [];
    expect(
      found.some((each) => each.startsWith(refusal)),
      String(found),
    ).toBe(true);
  });

  test("takes the largest image, inline", () => {
    const largest = blackPng(5_000, 4_000);
    expect(refusals({ image: base64(largest) })).toBeUndefined();
    expect(refusals({ image: base64(Buffer.concat([largest], OCR_LIMITS.max_inline_bytes)) })).toBeUndefined();
  });
});

describe("the pack", () => {
  const recognition: Recognition = {
    kind: "read",
    read: {
      text: "",
      confidence: 0,
      word_confidence: 0,
      words: [],
      words_total: 0,
      unread: 0,
      skew_degrees: 0,
      half_turn: false,
    },
  };
  /** The process is put aside: its work is done here. */
  const packOf = (found: Recognition) =>
    ocrPack(async (request) => ({ kind: "ok", result: await readImage(request, async () => found) }));
  const failed = (name: string): Attempt<PackOutcome> => ({ kind: "failed", reason: name, stage: undefined });
  const served = (body: Uint8Array) => ({
    ...context(),
    fetch: async () => ({
      kind: "ok" as const,
      final_url: IMAGE_URL,
      status: 200,
      content_type: "image/png",
      charset: null,
      body,
      redirects: [],
    }),
  });
  const inline = ocrOffer.inputs.parse({ image: SAMPLES.jpeg });
  const behindUrl = ocrOffer.inputs.parse({ image_url: IMAGE_URL });

  test("stops at an image that its cap does not cover, before it is read; at its price it is read", async () => {
    let reads = 0;
    const recognize = async () => {
      reads += 1;
      return recognition;
    };
    const pack = ocrPack(async (request) => ({ kind: "ok", result: await readImage(request, recognize) }));
    const image = blackPng(1_500, 1_000);
    expect(await pack.run(behindUrl, { ...served(image), cap: micros(11_999) })).toMatchObject({
      kind: "pack_failed",
      reason_code: "COST_EXCEEDS_CAP",
      detail: "max_cost_usd covers an image of at most 1 started megapixels.",
    });
    expect(reads).toBe(0);
    const outcome = await pack.run(behindUrl, { ...served(image), cap: micros(12_000) });
    expect(outcome).toMatchObject({ kind: "done", units: { base: 1, megapixel: 2 } });
  });

  test("fetches nothing where its cap covers no image", async () => {
    const outcome = await ocrPack().run(behindUrl, { ...context(), cap: micros(10_999) });
    expect(outcome).toMatchObject({ kind: "pack_failed", reason_code: "COST_EXCEEDS_CAP" });
  });

  test("charges every started megapixel, as estimated when the image is inline", async () => {
    const side = fc.integer({ min: OCR_LIMITS.min_side_px, max: OCR_LIMITS.max_side_px });
    const sizes = fc.tuple(side, side).filter(([width, height]) => width * height <= OCR_LIMITS.max_pixels);
    await fc.assert(
      fc.asyncProperty(sizes, async ([width, height]) => {
        const image = blackPng(width, height);
        const inputs = ocrOffer.inputs.parse({ image: base64(image) });
        const outcome = await packOf(recognition).run(inputs, context());
        if (outcome.kind !== "done") throw new Error(outcome.reason_code);
        expect(ocrOffer.estimate(inputs)).toEqual({ units: outcome.units, exact: true });
        const megapixels = Math.ceil((width * height) / 1_000_000);
        expect(priceOf(ocrOffer.prices, outcome.units)).toBe(10_000 + 1_000 * megapixels);
        const fetched = await packOf(recognition).run(behindUrl, served(image));
        expect(fetched).toMatchObject({ kind: "done", units: outcome.units });
      }),
      { numRuns: 25 },
    );
    expect(ocrOffer.estimate(behindUrl)).toEqual({
      units: { base: 1, megapixel: 1 },
      most_units: { base: 1, megapixel: 20 },
      exact: false,
    });
  });

  test("text that cannot be read in its languages costs the minimum fee, with what may be the reason", async () => {
    const { read } = recognition;
    const garbled = { ...read, text: "[oroBop BCTyr", words_total: 3, confidence: 46.52, word_confidence: 46.52 };
    const russian = ocrOffer.inputs.parse({ image: SAMPLES.jpeg, languages: ["eng", "deu"] });
    expect(await packOf({ kind: "read", read: garbled }).run(russian, context())).toMatchObject({
      kind: "pack_failed",
      reason_code: "TEXT_NOT_READ",
      detail: expect.stringContaining("cannot be read as eng or deu: it may be of another language or script"),
    });
    const unclear = { ...garbled, word_confidence: 60 };
    expect(await packOf({ kind: "read", read: unclear }).run(russian, context())).toMatchObject({
      kind: "done",
      data: { language: "eng", languages: ["eng", "deu"], confidence: 46.52 },
      reliability: 0.4652,
    });
  });

  test("an image that does not decode costs nothing inline, and the minimum fee when it was fetched", async () => {
    const pack = packOf({ kind: "unreadable" });
    const reason_code = "IMAGE_UNREADABLE";
    expect(await pack.run(inline, context())).toMatchObject({ kind: "input_rejected", reason_code });
    expect(await pack.run(behindUrl, served(blackPng(20, 20)))).toMatchObject({ kind: "pack_failed", reason_code });
  });

  test("a fetched image is judged by its header before anything decodes it", async () => {
    const decoded = () => Promise.reject(new Error("was decoded"));
    const pack = ocrPack(async (request) => ({ kind: "ok", result: await readImage(request, decoded) }));
    for (const body of [blackPng(5_000, 4_001), Buffer.from(SAMPLES.gif, "base64"), Buffer.from("<html>")]) {
      expect(await pack.run(behindUrl, served(body))).toMatchObject({
        kind: "pack_failed",
        reason_code: "IMAGE_REFUSED",
      });
    }
  });

  test.each(["timeout", "out-of-memory"])("an image that ends its process by %s is too complex", async (name) => {
    const outcome = await ocrPack(async () => failed(name)).run(inline, context());
    expect(outcome).toMatchObject({ kind: "pack_failed", reason_code: "IMAGE_TOO_COMPLEX" });
  });

  test("a reading that broke off for a reason of its own is a crash", async () => {
    await expect(ocrPack(async () => failed("exit")).run(inline, context())).rejects.toThrow("broke off");
  });
});

describe("words and boxes", () => {
  const line = (...cells: unknown[]) => cells.join("\t");

  test("are taken from Tesseract's table, without rows of other levels and empty words", () => {
    const table = [
      line(4, 1, 1, 1, 1, 0, 10, 10, 80, 20, -1, ""),
      line(5, 1, 1, 1, 1, 1, 10, 11, 30, 12, 96.5, "one"),
      line(5, 1, 1, 1, 1, 2, 50, 11, 30, 12, 95, " "),
      line(5, 1, 1, 1, 2, 1, 10, 31, 30, 12, 90, "two"),
    ];
    const place = { block: 1, paragraph: 1 };
    expect(readWords(`${table.join("\n")}\n`)).toEqual([
      { text: "one", confidence: 96.5, box: { left: 10, top: 11, width: 30, height: 12 }, ...place, line: 1 },
      { text: "two", confidence: 90, box: { left: 10, top: 31, width: 30, height: 12 }, ...place, line: 2 },
    ]);
  });

  test("a box is put back where it was before the image was turned", () => {
    const image = { width: 100, height: 60 };
    const box = { left: 10, top: 20, width: 30, height: 5 };
    expect(unturn(box, { half_turn: false, radians: 0 }, image)).toEqual(box);
    expect(unturn(box, { half_turn: true, radians: 0 }, image)).toEqual({ left: 60, top: 35, width: 30, height: 5 });
    const centre = { left: 49, top: 29, width: 2, height: 2 };
    for (const radians of [-0.1, 0.1]) {
      const around = unturn(centre, { half_turn: false, radians }, image);
      expect(around).toEqual({ left: 48, top: 28, width: 4, height: 4 });
    }
  });
});
