import { describe, expect, test } from "vitest";
import { ConnectionLimiter } from "../../../edge/admission/connection-limiter.ts";

const SILENCE_MS = 15_000;
const TURN_MS = 60_000;

function limiter({ per_name = 2, in_all = 3, share_of_free = 1 } = {}) {
  const limits = { per_name, in_all, share_of_free, turn_ms: TURN_MS };
  const time = { now_ms: 1_000_000 };
  const listening = new AbortController().signal;
  const all = new ConnectionLimiter({ ...limits, silence_ms: SILENCE_MS }, { now: () => time.now_ms });
  return { time, take: (name: string, signal = listening) => all.take(name, signal) };
}

describe("answers that are held open", () => {
  test("are so many by name, and so many in all", () => {
    const { take } = limiter();
    expect([take("a"), take("a"), take("a")].map((hold) => hold !== undefined)).toEqual([true, true, false]);
    expect([take("b"), take("b")].map((hold) => hold !== undefined)).toEqual([true, false]);
  });

  test("make room when they end, once", () => {
    const { take } = limiter();
    const [first] = [take("a"), take("a")];
    first?.release();
    first?.release();
    expect([take("a"), take("a")].map((hold) => hold !== undefined)).toEqual([true, false]);
  });

  test("make room when nobody listens any more", () => {
    const { take } = limiter();
    const gone = new AbortController();
    take("a", gone.signal);
    take("a");
    expect(take("a")).toBeUndefined();
    gone.abort();
    expect(take("a")).toBeDefined();
  });

  test("make room when they have been silent for too long, those that are still there do not", () => {
    const { take, time } = limiter();
    const [silent, there] = [take("a"), take("a")];
    time.now_ms += SILENCE_MS;
    there?.touch();
    expect(take("a")).toBeUndefined();
    time.now_ms += 1;
    expect(take("a")).toBeDefined();
    expect(take("a")).toBeUndefined();
    // One that was given up for gone takes no place again, and gives none back.
    expect([silent?.touch(), there?.touch()]).toEqual([false, true]);
    silent?.release();
    expect(take("a")).toBeUndefined();
  });

  test("of other names make room too where the isolate is full", () => {
    const { take, time } = limiter();
    take("a");
    take("b");
    take("c");
    expect(take("d")).toBeUndefined();
    time.now_ms += SILENCE_MS + 1;
    expect(take("d")).toBeDefined();
  });

  test("of the name with the most give way, the oldest first, to a name with none in a full isolate", () => {
    const { take } = limiter({ per_name: 3, in_all: 5, share_of_free: 10 });
    const [first, ...others] = [take("a"), take("a"), take("a"), take("b"), take("b")];
    expect(take("c")).toBeDefined();
    expect(first?.touch()).toBe(false);
    expect(others.every((hold) => hold?.touch())).toBe(true);
    // A name that has one takes none from another.
    expect([take("a"), take("b"), take("c")]).toEqual([undefined, undefined, undefined]);
  });

  test("give way after their turn where every name has one", () => {
    const { take, time } = limiter({ per_name: 3, in_all: 2 });
    const first = take("a");
    time.now_ms += 1;
    const second = take("b");
    time.now_ms += TURN_MS - 2;
    expect([first?.touch(), second?.touch(), take("c")]).toEqual([true, true, undefined]);
    time.now_ms += 1;
    expect(take("c")).toBeDefined();
    expect([first?.touch(), second?.touch()]).toEqual([false, true]);
  });

  test.each([32, 100, 1_000])("leave room for one more name beside %i that take all they can get", (names) => {
    const { take } = limiter({ per_name: 64, in_all: 2_000, share_of_free: 1 / 16 });
    const taken = new Map<string, number>();
    for (let again = true; again;) {
      again = false;
      for (let index = 0; index < names; index++) {
        if (take(`greedy ${index}`) === undefined) continue;
        taken.set(`greedy ${index}`, (taken.get(`greedy ${index}`) ?? 0) + 1);
        again = true;
      }
    }
    const counts = [...taken.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(counts).toHaveLength(names);
    expect(take("modest")).toBeDefined();
    if (names === 32) for (let more = 1; more < 32; more++) expect(take("modest")).toBeDefined();
  });
});
