import { expect, test } from "vitest";
import { IsolateRateLimiter } from "../../../edge/admission/isolate-rate-limiter.ts";

function limiter() {
  let now_ms = 1_800_000_000_000;
  const limits = new IsolateRateLimiter({ per_minute: 60, burst: 10 }, { now: () => now_ms });
  const taken = (name: string) => {
    let count = 0;
    while (limits.take(name).allowed) count += 1;
    return count;
  };
  return { limits, taken, pass: (ms: number) => void (now_ms += ms) };
}

test("a name is held to a rate of its own for as long as that holds, and no other is", () => {
  const { limits, taken, pass } = limiter();
  limits.hold("slow", { per_minute: 6, burst: 2 }, 60_000);
  expect([limits.holds("slow"), limits.holds("other")]).toEqual([true, false]);
  expect([taken("slow"), taken("other")]).toEqual([2, 10]);
  pass(10_000);
  expect([taken("slow"), taken("other")]).toEqual([1, 10]);
  pass(60_000);
  expect(limits.holds("slow")).toBe(false);
  expect(taken("slow")).toBe(10);
});

test("a rate of its own that is higher changes nothing", () => {
  const { limits, taken } = limiter();
  limits.hold("fast", { per_minute: 6_000, burst: 1_000 }, 60_000);
  expect(taken("fast")).toBe(10);
});

test("one that should not have been counted is given back at the rate that holds", () => {
  const { limits, taken } = limiter();
  limits.hold("slow", { per_minute: 6, burst: 1 }, 60_000);
  expect(taken("slow")).toBe(1);
  limits.restore("slow");
  expect(taken("slow")).toBe(1);
});
