import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { limitWork, processorMs } from "../../../backend/worker/packs/isolation/processor-time.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work that computes so much of the time, limited to a second of it. */
function limited(share: number | undefined) {
  const onExcess = vi.fn<() => void>();
  const used = async () => (share === undefined ? undefined : 5_000 + Math.floor(share * performance.now()));
  return { onExcess, stop: limitWork(1_000, used, onExcess) };
}

test("work that has a processor to itself ends after its time", async () => {
  const { onExcess } = limited(1);
  await vi.advanceTimersByTimeAsync(999);
  expect(onExcess).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2);
  expect(onExcess).toHaveBeenCalledOnce();
});

test("work that shares a processor has as much of it, and work on many is not ended sooner", async () => {
  const crowded = limited(0.25);
  const parallel = limited(3);
  await vi.advanceTimersByTimeAsync(999);
  expect(parallel.onExcess).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2_800);
  expect(parallel.onExcess).toHaveBeenCalledOnce();
  expect(crowded.onExcess).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(400);
  expect(crowded.onExcess).toHaveBeenCalledOnce();
});

test("work that computes nothing ends after four times its time", async () => {
  const { onExcess } = limited(0);
  await vi.advanceTimersByTimeAsync(3_900);
  expect(onExcess).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_200);
  expect(onExcess).toHaveBeenCalledOnce();
});

test("where nobody knows what was computed the clock decides, and work that is over is not ended", async () => {
  const unknown = limited(undefined);
  const finished = limited(1);
  finished.stop();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(unknown.onExcess).toHaveBeenCalledOnce();
  expect(finished.onExcess).not.toHaveBeenCalled();
});

test("a process has computed what its system says, and one that does not exist nothing", async () => {
  const before = await processorMs(process.pid);
  const { user, system } = process.cpuUsage();
  const after = await processorMs(process.pid);
  // The system counts in steps of 10 ms.
  expect(before).toBeLessThanOrEqual((user + system) / 1_000 + 20);
  expect(after).toBeGreaterThanOrEqual((user + system) / 1_000 - 20);
  expect(await processorMs(2 ** 30)).toBeUndefined();
});
