import { describe, expect, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import type { Row } from "#core/ports/db.ts";
import { foundRun } from "#core/store/runs/find-run.ts";
import { NO_TRACER } from "#core/ports/tracer.ts";
import { ConnectionLimiter } from "../../../edge/admission/connection-limiter.ts";
import { watchRun } from "../../../edge/runs/watch-run.ts";
import { QUEUED_ROW } from "../../support/run-row.ts";

const START_MS = Date.parse("2026-01-01T00:00:00Z");
const BASE: Row = { ...QUEUED_ROW, outcome: "found", created_at: new Date(START_MS) };
const row = (change: Row = {}): Row => ({ ...BASE, ...change });

/** A world whose time passes only in sleeps. `answers` is what the database has at each check; the last one repeats. */
function watched(answers: readonly (Row | "outage" | "nobody")[], for_ms = 30_000) {
  const world = { now_ms: START_MS, looks_ms: [] as number[], warnings: 0, woken: 0 };
  const gone = new AbortController();
  const clock = { now: () => world.now_ms };
  const connections = new ConnectionLimiter(
    { per_name: 1, in_all: 1, share_of_free: 1, turn_ms: 60_000, silence_ms: 60_000 },
    clock,
  );
  const log = { info: () => {}, warn: () => (world.warnings += 1), error: () => {}, child: () => log };
  const deps = {
    tracer: NO_TRACER,
    clock,
    connections,
    log,
    sleeper: { sleep: async (ms: number) => void (world.now_ms += ms) },
    db: {
      query: async () => {
        const answer = answers[Math.min(world.looks_ms.length, answers.length - 1)] ?? BASE;
        world.looks_ms.push(world.now_ms - START_MS);
        if (answer === "outage") throw new Outage("database", new Error("down"));
        return [answer === "nobody" ? { outcome: "unauthorized" } : answer];
      },
    },
  };
  const hold = connections.take("key", gone.signal);
  if (hold === undefined) throw new Error("nothing else is held");
  const watch = { key_sha256: "key", until_ms: START_MS + for_ms, signal: gone.signal, hold };
  const checks = watchRun(deps, foundRun.parse(BASE), watch);
  const takeOver = () => connections.take("key", gone.signal);
  const isHeld = () => takeOver() === undefined;
  const all = async () => {
    const kinds: string[] = [];
    for await (const check of checks) kinds.push(check.kind === "found" ? check.run.status : check.kind);
    return kinds;
  };
  return { world, gone, checks, takeOver, isHeld, all };
}

describe("a run that is watched", () => {
  test("is looked at with pauses that grow to a second, and a last time when the time is over", async () => {
    const { world, all } = watched([BASE], 6_000);
    const seen = await all();
    const pauses = world.looks_ms.map((at, i) => at - (world.looks_ms[i - 1] ?? 0));
    expect(pauses.slice(0, 9)).toEqual([10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
    expect(world.looks_ms.at(-1)).toBe(6_000);
    expect(new Set(seen)).toEqual(new Set(["QUEUED"]));
  });

  test("is looked at soon again after a change, and no more once it is over", async () => {
    const working = row({ status: "PROCESSING", version: "2", attempt: 1 });
    const over = row({ status: "FAILED", money_state: "REFUNDED", version: "3", charged_micros: "0" });
    const { world, isHeld, all } = watched([BASE, BASE, working, over]);
    expect(await all()).toEqual(["QUEUED", "QUEUED", "PROCESSING", "FAILED"]);
    expect(world.looks_ms).toEqual([10, 30, 70, 80]);
    expect(isHeld()).toBe(false);
  });

  test("costs few reads: at most 4 where it takes 60 ms, 16 where it takes 10 s, and 37 in the longest wait", async () => {
    const readsIn = async (ms: number) => {
      const { world, all } = watched([BASE], ms);
      await all();
      return world.looks_ms.length;
    };
    expect(await readsIn(60)).toBeLessThanOrEqual(4);
    expect(await readsIn(10_000)).toBeLessThanOrEqual(16);
    expect(await readsIn(30_000)).toBeLessThanOrEqual(37);
  });

  test("is not looked at more often for the heartbeats of its worker", async () => {
    const beating = Array.from({ length: 20 }, (_, beat) => row({ version: String(beat + 1) }));
    const { world, all } = watched(beating, 8_000);
    await all();
    expect(world.looks_ms.length).toBeLessThanOrEqual(15);
  });

  test("is let go of when the key may no longer check", async () => {
    const revoked = row({ outcome: "unauthorized" });
    const scopeless = row({ outcome: "scope-missing" });
    const absent = row({ outcome: "absent", run_id: null });
    for (const [answer, kind] of [
      [revoked, "unauthorized"],
      ["nobody", "unauthorized"],
      [scopeless, "scope-missing"],
      [absent, "absent"],
    ] as const) {
      const { isHeld, all } = watched([BASE, answer]);
      expect(await all()).toEqual(["QUEUED", kind]);
      expect(isHeld()).toBe(false);
    }
  });

  test("is watched through an outage, which is logged once", async () => {
    const over = row({ status: "CANCELED", money_state: "REFUNDED", version: "2", charged_micros: "0" });
    const { world, all } = watched(["outage", "outage", "outage", over]);
    expect(await all()).toEqual(["outage", "outage", "outage", "CANCELED"]);
    expect(world.warnings).toBe(1);
  });

  test("is not looked at again once nobody listens", async () => {
    const { world, gone, checks, isHeld } = watched([BASE]);
    await checks.next();
    gone.abort();
    expect(await checks.next()).toEqual({ done: true, value: undefined });
    expect(world.looks_ms).toHaveLength(1);
    expect(isHeld()).toBe(false);
  });

  test("is not looked at again once its place was given away for its silence", async () => {
    const { world, checks, takeOver } = watched([BASE], 300_000);
    await checks.next();
    world.now_ms += 60_001;
    expect(takeOver()).toBeDefined();
    expect(await checks.next()).toEqual({ done: true, value: undefined });
    expect(world.looks_ms).toHaveLength(1);
  });

  test("ends the watch with any fault that is no outage", async () => {
    const { isHeld, all } = watched([row({ status: "LOST" })]);
    await expect(all()).rejects.toThrow();
    expect(isHeld()).toBe(false);
  });
});
