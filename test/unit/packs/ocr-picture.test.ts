import { describe, expect, test } from "vitest";
import { findInk, letterHeight, textInk, unreadShare } from "../../../backend/worker/packs/ocr/ink.ts";
import { evenLight } from "../../../backend/worker/packs/ocr/light.ts";
import { enlarge, fromPng, type Picture } from "../../../backend/worker/packs/ocr/picture.ts";
import { prepare } from "../../../backend/worker/packs/ocr/prepare.ts";
import { encodePng } from "../../support/scan/png.ts";
import { scan } from "../../support/scan/scan.ts";

const page = scan(["Nothing of these", "three lines may", "be missing."], { px: 32 });
const shaded = (picture: Picture, shade: (x: number, y: number) => number): Picture => ({
  ...picture,
  pixels: picture.pixels.map((grey, at) => grey * shade(at % picture.width, Math.floor(at / picture.width))),
});
const inverted = (picture: Picture): Picture => ({ ...picture, pixels: picture.pixels.map((grey) => 255 - grey) });

/** The picture in the middle of a larger one of that grey. */
function framed({ width, height, pixels }: Picture, by: number, grey: number): Picture {
  const wide = width + 2 * by;
  const all = new Uint8Array(wide * (height + 2 * by)).fill(grey);
  for (let y = 0; y < height; y++) all.set(pixels.subarray(y * width, (y + 1) * width), (y + by) * wide + by);
  return { width: wide, height: height + 2 * by, pixels: all };
}

describe("light", () => {
  test("that is even is left alone, on dark screens too", () => {
    expect(evenLight(page)).toBeUndefined();
    expect(evenLight(shaded(page, () => 0.6))).toBeUndefined();
    expect(evenLight(inverted(page))).toBeUndefined();
  });

  test.each([
    ["half a shadow", (x: number) => (x < page.width / 2 ? 0.52 : 1)],
    ["light that falls off", (x: number) => 1 - (0.7 * x) / page.width],
  ])("%s becomes even, and the letters stay as they were", (_, shade) => {
    const evened = evenLight(shaded(page, shade)) ?? expect.unreachable();
    expect(Math.min(...[10, evened.width - 10].map((x) => evened.pixels[5 * evened.width + x]!))).toBeGreaterThan(220);
    expect(findInk(evened).length).toBe(findInk(page).length);
  });

  test("a dark table around a sheet goes", () => {
    const evened = evenLight(framed(page, 60, 12)) ?? expect.unreachable();
    expect(evened.pixels[0]).toBe(255);
    expect(findInk(evened).length).toBe(findInk(page).length);
  });
});

describe("letters", () => {
  test("are found in dark on light and light on dark, with their height", () => {
    const ink = findInk(page);
    expect(findInk(inverted(page))).toEqual(ink);
    // DejaVu's x-height is 0.55 em.
    expect(Math.abs((letterHeight(ink) ?? 0) - 32 * 0.55)).toBeLessThanOrEqual(2);
  });

  test("that are in no word are the share that was not read", () => {
    const letters = textInk(findInk(page));
    const whole = { left: 0, top: 0, width: page.width, height: page.height };
    expect(unreadShare(letters, [whole])).toBe(0);
    expect(unreadShare(letters, [])).toBe(1);
    const upper = unreadShare(letters, [{ ...whole, height: page.height / 2 }]);
    expect(upper).toBeGreaterThan(0.2);
    expect(upper).toBeLessThan(0.7);
  });

  test("small ones are enlarged, and no picture beyond the most pixels", () => {
    expect(prepare(page).times).toBe(1);
    expect(prepare(scan(["Small print of a screen"], { px: 10 })).times).toBe(3);
    expect(prepare(framed(scan(["Small print of a screen"], { px: 10 }), 1_500, 255)).times).toBe(1);
  });
});

describe("pictures", () => {
  test("are read from PNGs of grey, and of black and white", () => {
    const sharp = { ...page, pixels: page.pixels.map((grey) => (grey > 127 ? 255 : 0)) };
    expect(fromPng(encodePng(page))).toEqual(page);
    expect(fromPng(encodePng(sharp, { bilevel: true }))).toEqual(sharp);
  });

  test("are enlarged without moving what they show", () => {
    const flat = { width: 2, height: 2, pixels: new Uint8Array(4).fill(90) };
    expect(enlarge(flat, 3)).toEqual({ width: 6, height: 6, pixels: new Uint8Array(36).fill(90) });
    const edge = enlarge({ width: 4, height: 1, pixels: Uint8Array.of(40, 40, 200, 200) }, 3);
    expect(edge).toMatchObject({ width: 12, height: 3 });
    const row = [...edge.pixels.subarray(0, 12)];
    for (const [index, grey] of row.entries()) expect(Math.abs(grey + row[11 - index]! - 240)).toBeLessThanOrEqual(1);
    expect([row[4], row[7]]).toEqual([
      expect.toSatisfy((grey: number) => grey < 120),
      expect.toSatisfy((grey: number) => grey > 120),
    ]);
  });
});
