import { afterAll, expect, it } from "vitest";
import { LoopWatch } from "../../backend/doctor/loop-watch.ts";
import { type ReaperDeps, reaperLoop, SWEEP_HANGS_SECONDS } from "../../backend/reaper/loop.ts";
import { recorder } from "./support/recorder.ts";
import { runHarness } from "./support/run-harness.ts";

const h = await runHarness();
afterAll(() => h.close());

it("the reaper's sweeps rest alike, but for the audit, which rests longer, and the telling, which rests a second", async () => {
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  const rests: number[] = [];
  const heard = recorder();
  const { random, ...stores } = h.deps({});
  const deps: ReaperDeps = {
    ...stores,
    ...heard,
    objects: h.objects,
    webhooks: { send: () => Promise.reject(new Error("nobody is to be told")), random, objects: h.objects },
    dead_letters: { count: async () => 2, peek: async () => [], redrive: async () => 0 },
    sleeper: {
      sleep: (ms) => {
        rests.push(ms);
        if (rests.length === 10) stop.abort();
        return stopped;
      },
    },
  };
  const settings = { max_attempts: 3, claimed_seconds: 120, signal_seconds: 60, grace_seconds: 90 };
  await reaperLoop(deps, { ...settings, sweep_seconds: 15, audit_seconds: 60 }, stop.signal);
  expect(rests.toSorted((a, b) => a - b)).toEqual([1_000, ...Array.from({ length: 8 }, () => 15_000), 60_000]);
  expect(heard.counted("sweep_failed")).toBe(0);
  expect([heard.last("dead_letters"), heard.last("audit_findings_open")]).toEqual([2, 0]);
  expect(heard.last("commit_horizon_age_seconds")).toBe(0);
});

it("the webhook sweep rests as long as it is set to", async () => {
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  const rests: number[] = [];
  const { random, ...stores } = h.deps({});
  const deps: ReaperDeps = {
    ...stores,
    objects: h.objects,
    webhooks: { send: () => Promise.reject(new Error("nothing is due")), random, objects: h.objects },
    dead_letters: undefined,
    sleeper: {
      sleep: (ms) => {
        rests.push(ms);
        if (rests.length === 10) stop.abort();
        return stopped;
      },
    },
  };
  const settings = { max_attempts: 3, claimed_seconds: 120, signal_seconds: 60, grace_seconds: 90, audit_seconds: 15 };
  await reaperLoop(deps, { ...settings, sweep_seconds: 15, webhook_seconds: 45 }, stop.signal);
  expect(rests.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 9 }, () => 15_000), 45_000]);
});

it("a sweep that hangs in a call is seen after five minutes, and one that rests five minutes after its rest", async () => {
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  let now_ms = 0;
  const liveness = new LoopWatch({ now: () => now_ms });
  let othersRest = () => {};
  const othersAreAtRest = new Promise<void>((resolve) => (othersRest = resolve));
  let resting = 0;
  const { random, ...stores } = h.deps({});
  const deps: ReaperDeps = {
    ...stores,
    objects: h.objects,
    webhooks: { send: () => Promise.reject(new Error("nothing is due")), random, objects: h.objects },
    dead_letters: { count: () => stopped.then(() => 0), peek: async () => [], redrive: async () => 0 },
    liveness,
    sleeper: {
      sleep: () => {
        resting += 1;
        if (resting === 9) othersRest();
        return stopped;
      },
    },
  };
  const settings = { max_attempts: 3, claimed_seconds: 120, signal_seconds: 60, grace_seconds: 90, audit_seconds: 60 };
  const loops = reaperLoop(deps, { ...settings, sweep_seconds: 15 }, stop.signal);
  await othersAreAtRest;
  now_ms = SWEEP_HANGS_SECONDS * 1000 - 1;
  expect(liveness.stalled()).toEqual([]);
  now_ms += 1;
  expect(liveness.stalled()).toEqual(["dead-letters"]);
  now_ms += 15_000;
  expect(liveness.stalled()).not.toContain("audit");
  expect(liveness.stalled()).toContain("sync");
  stop.abort();
  await loops;
});
