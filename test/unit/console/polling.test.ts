import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConnectionError } from "../../../edge/client/client.ts";
import { boundedCache, isUnknown, pollerOf } from "../../../edge/console/polling.ts";

describe("what pages have read", () => {
  test("is kept for the last that were used alone", () => {
    const cache = boundedCache<number>(2);
    cache.set("a", 1);
    cache.set("b", 2);
    expect(cache.get("a")).toBe(1);
    cache.set("c", 3);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
  });
});

describe("reading again", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const polled = () => {
    const answers: ((pause: number | undefined) => void)[] = [];
    const page = { isHidden: false };
    const load = () => new Promise<number | undefined>((resolve) => answers.push(resolve));
    const poller = pollerOf(load, () => page.isHidden);
    const answer = async (pause?: number) => {
      answers.at(-1)?.(pause);
      await vi.advanceTimersByTimeAsync(0);
    };
    return { poller, page, answer, reads: () => answers.length };
  };

  test("is one call at a time, however often the connection comes back", async () => {
    const { poller, answer, reads } = polled();
    poller.read();
    poller.read();
    poller.read();
    expect(reads()).toBe(1);
    await answer(1_000);
    poller.read();
    expect(reads()).toBe(2);
    await answer(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reads()).toBe(3);
  });

  test("waits once until a hidden page is shown", async () => {
    const { poller, page, answer, reads } = polled();
    poller.read();
    page.isHidden = true;
    await answer(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    poller.read();
    expect(reads()).toBe(1);
    page.isHidden = false;
    poller.shown();
    poller.shown();
    expect(reads()).toBe(2);
  });

  test("asks for nothing when a page is shown that is not due", async () => {
    const { poller, answer, reads } = polled();
    poller.read();
    await answer();
    poller.shown();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(reads()).toBe(1);
  });

  test("ends with the page", async () => {
    const { poller, answer, reads } = polled();
    poller.read();
    poller.stop();
    await answer(1_000);
    poller.read();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reads()).toBe(1);
  });
});

test("a request without an answer may have been carried out", () => {
  expect(isUnknown(new ConnectionError("no answer", { attempts: 1, idempotencyKey: undefined }))).toBe(true);
  expect(isUnknown(new Error("no key is given"))).toBe(false);
});
