import { expect, test } from "vitest";
import { rangeOf } from "../../../edge/console/row-range.ts";

const screen = { rowHeight: 40, screenHeight: 800 };

test("a short table is drawn whole, wherever the page stands", () => {
  expect(rangeOf({ ...screen, count: 200, above: 4_000 })).toEqual({ first: 0, end: 200 });
  expect(rangeOf({ ...screen, count: 0, above: 0 })).toEqual({ first: 0, end: 0 });
});

test("of a long table the rows on the screen are drawn, with some above and below them", () => {
  expect(rangeOf({ ...screen, count: 10_000, above: -300 })).toEqual({ first: 0, end: 50 });
  expect(rangeOf({ ...screen, count: 10_000, above: 200_000 })).toEqual({ first: 4_975, end: 5_050 });
  expect(rangeOf({ ...screen, count: 10_000, above: 399_500 })).toEqual({ first: 9_950, end: 10_000 });
});

test("a page that stands below a table that became shorter, or far above it, shows rows of it", () => {
  const { first, end } = rangeOf({ ...screen, count: 300, above: 900_000 });
  expect([first, end]).toEqual([275, 300]);
  expect(rangeOf({ ...screen, count: 300, above: -900_000 })).toEqual({ first: 0, end: 25 });
});

test("scrolling by a row changes nothing until a step is reached", () => {
  const of = (above: number) => rangeOf({ ...screen, count: 10_000, above });
  expect(of(200_280)).toEqual(of(200_400));
  expect(of(201_300)).not.toEqual(of(200_280));
});
