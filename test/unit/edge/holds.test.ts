import { describe, expect, test } from "vitest";
import { Holds } from "../../../edge/holds.ts";

const SILENCE_MS = 15_000;

function holds(limits = { per_name: 2, in_all: 3 }) {
  const time = { now_ms: 1_000_000 };
  const listening = new AbortController().signal;
  const all = new Holds({ ...limits, silence_ms: SILENCE_MS }, { now: () => time.now_ms });
  return { time, take: (name: string, signal = listening) => all.take(name, signal) };
}

describe("answers that are held open", () => {
  test("are so many by name, and so many in all", () => {
    const { take } = holds();
    expect([take("a"), take("a"), take("a")].map((hold) => hold !== undefined)).toEqual([true, true, false]);
    expect([take("b"), take("b"), take("c")].map((hold) => hold !== undefined)).toEqual([true, false, false]);
  });

  test("make room when they end, once", () => {
    const { take } = holds();
    const [first] = [take("a"), take("a")];
    first?.release();
    first?.release();
    expect([take("a"), take("a")].map((hold) => hold !== undefined)).toEqual([true, false]);
  });

  test("make room when nobody listens any more", () => {
    const { take } = holds();
    const gone = new AbortController();
    take("a", gone.signal);
    take("a");
    expect(take("a")).toBeUndefined();
    gone.abort();
    expect(take("a")).toBeDefined();
  });

  test("make room when they have been silent for too long, those that are still there do not", () => {
    const { take, time } = holds();
    const [silent, there] = [take("a"), take("a")];
    time.now_ms += SILENCE_MS;
    there?.stay();
    expect(take("a")).toBeUndefined();
    time.now_ms += 1;
    expect(take("a")).toBeDefined();
    expect(take("a")).toBeUndefined();
    // One that was given up for gone takes no place again, and gives none back.
    expect([silent?.stay(), there?.stay()]).toEqual([false, true]);
    silent?.release();
    expect(take("a")).toBeUndefined();
  });

  test("of other names make room too where the isolate is full", () => {
    const { take, time } = holds();
    take("a");
    take("b");
    take("c");
    expect(take("d")).toBeUndefined();
    time.now_ms += SILENCE_MS + 1;
    expect(take("d")).toBeDefined();
  });
});
