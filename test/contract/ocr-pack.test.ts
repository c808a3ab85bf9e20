import { describe, expect, test } from "vitest";
import { ocrOffer } from "#core/domain/packs/ocr.ts";
import { blackPng, encodePng } from "../support/scan/png.ts";
import { readFetched, readImage, type ReadImage, readInline } from "../support/scan/reading.ts";
import { SAMPLES } from "../support/scan/samples.ts";
import { scan } from "../support/scan/scan.ts";

const SAID = "Paid work, verified.";
const LINES = ["Invoice 2043 for printed matter", "Total due within thirty days: 118.40"];
const UPRIGHT = { exif_orientation: 1, half_turn: false };

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

const middleOf = ({ box }: ReadImage["words"][number]) => [box.left + box.width / 2, box.top + box.height / 2] as const;

describe("the engine", () => {
  test("reads the example, and charges what was estimated", async () => {
    const outcome = await readInline(ocrOffer.examples[0].inputs);
    expect(outcome).toMatchObject({ kind: "done", data: { text: SAID, format: "png", rotation: UPRIGHT } });
    expect(ocrOffer.estimate(ocrOffer.examples[0].inputs)).toEqual({
      units: outcome.kind === "done" ? outcome.units : {},
      exact: true,
    });
  });

  test.each(["jpeg", "progressive_jpeg", "jpeg_on_its_side", "webp", "lossless_webp", "extended_webp"] as const)(
    "reads the sample %s, as its viewer sees it",
    async (name) => {
      const read = await readImage(bytesOf(SAMPLES[name]));
      expect(read).toMatchObject({ text: SAID, width: 279, height: 76 });
      expect(read.words.map(({ text }) => text)).toEqual(SAID.split(" "));
      expect(read.confidence).toBeGreaterThan(90);
    },
  );

  test("gives the same data for the same bytes, whatever was read before", async () => {
    const image = encodePng(scan(LINES, { px: 28, noise: 30, degrees: 2 }));
    const before = await readFetched(image);
    await readFetched(encodePng(scan(["Something else entirely"], { px: 40 })));
    const outcomes = await Promise.all([readFetched(image), readFetched(image), readFetched(image)]);
    expect(new Set([before, ...outcomes].map((outcome) => JSON.stringify(outcome))).size).toBe(1);
  });

  test("finds each word where it was printed, in its line", async () => {
    const px = 32;
    const { words, width } = await readImage(encodePng(scan(LINES, { px })));
    expect(words.map(({ text }) => text)).toEqual(LINES.flatMap((line) => line.split(" ")));
    expect(words.map(({ line }) => line)).toEqual(LINES.flatMap((line, index) => line.split(" ").map(() => index)));
    for (const word of words) {
      const [, y] = middleOf(word);
      // A margin of an em, and lines 1.35 em apart.
      const baseline = px + px * 0.94 + word.line * px * 1.35;
      expect(y).toBeGreaterThan(baseline - px * 0.8);
      expect(y).toBeLessThan(baseline + px * 0.2);
      expect(word.box.left).toBeGreaterThanOrEqual(px - 4);
      expect(word.box.left + word.box.width).toBeLessThanOrEqual(width - px + 4);
    }
  });

  test("undoes a skew, tells it, and finds the words where the skewed image has them", async () => {
    const degrees = 4;
    const upright = await readImage(encodePng(scan(LINES, { px: 32 })));
    const skewed = await readImage(encodePng(scan(LINES, { px: 32, degrees })));
    expect(skewed.text).toBe(upright.text);
    expect(Math.abs(skewed.rotation.skew_degrees - degrees)).toBeLessThan(0.5);
    const [cos, sin] = [Math.cos((degrees / 180) * Math.PI), Math.sin((degrees / 180) * Math.PI)];
    for (const [index, word] of skewed.words.entries()) {
      const [x, y] = middleOf(upright.words[index] ?? word);
      const [dx, dy] = [x - upright.width / 2, y - upright.height / 2];
      const [foundX, foundY] = middleOf(word);
      expect(Math.abs(foundX - (skewed.width / 2 + cos * dx - sin * dy))).toBeLessThan(6);
      expect(Math.abs(foundY - (skewed.height / 2 + sin * dx + cos * dy))).toBeLessThan(6);
    }
  });

  test.each([90, 180, 270])("reads a page that was laid down turned by %i degrees", async (degrees) => {
    const { text, words, width, height } = await readImage(encodePng(scan(LINES, { px: 32, degrees })));
    expect(text.replaceAll(/\s+/g, " ")).toBe(LINES.join(" "));
    const [x, y] = middleOf(words[0] ?? expect.unreachable());
    const corner = `${y < height / 2 ? "top" : "bottom"} ${x < width / 2 ? "left" : "right"}`;
    expect(corner).toBe({ 90: "top right", 180: "bottom right", 270: "bottom left" }[degrees]);
  });

  test("finds no text where there is none, and is not sure of itself then", async () => {
    const outcome = await readFetched(blackPng(200, 100));
    expect(outcome).toMatchObject({ kind: "done", data: { text: "", confidence: 0, words: [] }, reliability: 0 });
  });

  test.each(["jpeg", "webp", "lossless_webp"] as const)("tells that a %s which breaks off is broken", async (name) => {
    const whole = bytesOf(SAMPLES[name]);
    const outcome = await readInline({ image: Buffer.from(whole.subarray(0, 340)).toString("base64") });
    expect(outcome).toMatchObject({ kind: "input_rejected", reason_code: "IMAGE_UNREADABLE" });
  });

  test("reads on after an image that broke", async () => {
    expect(await readFetched(encodePng(scan(LINES, { px: 20 })).subarray(0, 900))).toMatchObject({
      kind: "pack_failed",
      reason_code: "IMAGE_UNREADABLE",
    });
    expect((await readImage(bytesOf(SAMPLES.jpeg))).text).toBe(SAID);
  });

  test("ends with its caller's signal", async () => {
    const stop = new AbortController();
    const reason = new Error("timebox");
    const reading = readFetched(encodePng(scan(Array(30).fill(LINES[0]), { px: 40 })), stop.signal);
    setImmediate(() => stop.abort(reason));
    await expect(reading).rejects.toBe(reason);
  });
});
