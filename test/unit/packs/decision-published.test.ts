import { expect, test } from "vitest";
import { decide, table } from "./decision-fixture.ts";

// Triantaphyllou, "Multi-Criteria Decision Making Methods: A Comparative Study" (2000), the weighted sum model: scores
// 21.50, 22.00 and 22.00. All of its figures are in one unit, and two more options make 0 to 100 of it the whole scale.
const COMPARATIVE = table(
  [0.2, 0.15, 0.4, 0.25],
  ["max", "max", "max", "max"],
  [
    [25, 20, 15, 30],
    [10, 30, 20, 30],
    [30, 10, 30, 10],
    [0, 0, 0, 0],
    [100, 100, 100, 100],
  ],
);

test("a weighted sum gives the scores published for the weighted sum model, over the whole of its scale", async () => {
  const { data } = await decide(COMPARATIVE);
  expect(data.ranking).toEqual([
    { option: "option 5", rank: 1, score: 1, total: 100 },
    { option: "option 2", rank: 2, score: 0.22, total: 22 },
    { option: "option 3", rank: 2, score: 0.22, total: 22 },
    { option: "option 1", rank: 4, score: 0.215, total: 21.5 },
    { option: "option 4", rank: 5, score: 0, total: 0 },
  ]);
});
