import { afterAll, describe, expect, test } from "vitest";
import { editDistance } from "../../backend/worker/packs/eval/edit-distance.ts";
import { FACES } from "../support/scan/outlines.ts";
import { encodePng } from "../support/scan/png.ts";
import { readImage } from "../support/scan/reading.ts";
import { scan, type Scanning } from "../support/scan/scan.ts";

/** The opening of "Moby-Dick; or, The Whale" (Herman Melville, 1851; public domain), and figures as on a bill. */
const LINES = [
  "Call me Ishmael. Some years ago - never mind how long precisely -",
  "having little or no money in my purse, and nothing particular to",
  "interest me on shore, I thought I would sail about a little and see",
  "the watery part of the world. No. 18,467: $1,250.95 (5% off) paid.",
];
const PRINTED = LINES.join("\n");

const rows: string[] = [];
afterAll(() => console.log(`character error rates\n${rows.join("\n")}`));

/** Errors (insertions, deletions, substitutions) per printed character; white space counts as one space. */
async function errorRate(scanning: Scanning): Promise<number> {
  const { text, confidence, rotation } = await readImage(encodePng(scan(LINES, scanning)));
  const [read, printed] = [text, PRINTED].map((each) => Array.from(each.replaceAll(/\s+/g, " ").trim()));
  const rate = editDistance(read ?? [], printed ?? []) / PRINTED.length;
  const { face = "dejavu-serif", px, noise = 0, degrees = 0 } = scanning;
  const shown = [`${px} px`, `noise ${noise}`, `${degrees} deg`].map((each) => each.padStart(9)).join(" ");
  const found = `skew ${rotation.skew_degrees.toFixed(2)}, confidence ${confidence.toFixed(1)}`;
  rows.push(`  ${face.padEnd(12)} ${shown}  CER ${(rate * 100).toFixed(2).padStart(6)}%  (${found})`);
  return rate;
}

describe("scanned text", () => {
  for (const face of FACES) {
    test.each([
      [12, 0, 0.05],
      [12, 25, 0.1],
      [16, 0, 0.01],
      [16, 25, 0.02],
      [16, 40, 0.1],
      [24, 0, 0.01],
      [24, 25, 0.01],
      [24, 40, 0.02],
      [24, 60, 0.2],
      [48, 0, 0.01],
      [48, 40, 0.02],
    ])(`in ${face} of %i pixels with noise of %i has an error rate of at most %f`, async (px, noise, ceiling) => {
      expect(await errorRate({ face, px, noise })).toBeLessThanOrEqual(ceiling);
    });
  }

  test.each([-8, -5, -2, -1, 1, 2, 5, 8])("turned by %i degrees has an error rate of at most 0.02", async (degrees) => {
    expect(await errorRate({ px: 28, noise: 25, degrees })).toBeLessThanOrEqual(0.02);
  });
});
