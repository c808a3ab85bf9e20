import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { decodeSignal, encodeSignal } from "#core/domain/message.ts";
import type { Db } from "#core/ports/db.ts";
import { NO_TRACER } from "#core/ports/tracer.ts";
import { workerLoop } from "../../../backend/worker/loop.ts";
import { createOffThread } from "../../../backend/worker/off-thread/off-thread.ts";
import { createSlots } from "../../../backend/worker/packs/isolation/slots.ts";
import type { Pack } from "../../../backend/worker/packs/pack.ts";
import type { WorkerDeps } from "../../../backend/worker/process-run.ts";
import { virtualTime } from "../virtual-time.ts";
import { silentLog } from "../../support/silent-log.ts";

const TURNS = 30_000;
/** What is kept of a turn by a race against a promise that lasts was 312 bytes. */
const MAX_BYTES_A_TURN = 60;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** A run of a pack that waits. */
const CLAIMED = {
  leased: true,
  pack_type: "waits",
  pack_version: "1",
  inputs: "{}",
  payload_sha256: "",
  timebox_sec: 90,
  min_reliability: null,
  reserved_micros: "5000",
  minimum_fee_micros: "5000",
  attempt: 1,
  uncounted_requeues: 0,
  trace_parent: "",
  created_at: new Date(0),
  waited_seconds: 0,
};
const used = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

test("a busy loop keeps nothing of its turns, while one run lasts through all of them", async () => {
  const stop = new AbortController();
  const lasting = Promise.withResolvers<readonly []>();
  const long = { body: encodeSignal({ run_id: crypto.randomUUID(), traceparent: "" }), handle: "long" };
  const short = { body: "no signal", handle: "short" };
  let turns = 0;
  let before = 0;
  let kept = 0;
  const receive = async () => {
    turns += 1;
    if (turns === 1_000) before = used();
    if (turns === TURNS) {
      kept = used() - before;
      stop.abort();
      lasting.resolve([]);
    }
    return [turns === 1 ? long : short];
  };
  const deps = {
    db: { query: () => lasting.promise },
    queue: { receive, delete: async () => undefined },
    clock: { now: () => 0 },
    random: { bytes: (length: number) => new Uint8Array(length) },
    sleeper: { sleep: async () => undefined },
    tracer: NO_TRACER,
    log: silentLog,
  } as unknown as WorkerDeps;
  const times = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };
  await workerLoop(deps, { ...times, concurrency: 2, stop_seconds: 1 }, stop.signal);
  expect(turns).toBe(TURNS);
  expect(kept / TURNS).toBeLessThan(MAX_BYTES_A_TURN);
});

test("a loop that waits for a free slot stops waiting when it is to stop", async () => {
  const stop = new AbortController();
  const lasting = Promise.withResolvers<readonly []>();
  const long = { body: encodeSignal({ run_id: crypto.randomUUID(), traceparent: "" }), handle: "long" };
  let received = 0;
  const deps = {
    db: {
      query: () => {
        setImmediate(() => stop.abort());
        return lasting.promise;
      },
    },
    queue: {
      receive: async () => {
        received += 1;
        return [long];
      },
      delete: async () => undefined,
    },
    clock: { now: () => 0 },
    random: { bytes: (length: number) => new Uint8Array(length) },
    sleeper: {
      sleep: async () => {
        lasting.resolve([]);
      },
    },
    tracer: NO_TRACER,
    log: silentLog,
  } as unknown as WorkerDeps;
  const times = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };
  await workerLoop(deps, { ...times, concurrency: 1, stop_seconds: 1 }, stop.signal);
  expect(received).toBe(1);
});

const [GREEDY, QUICK] = [crypto.randomUUID(), crypto.randomUUID()];
const PROCESSES = 2;

/** A run of a backlog: its tenant, and how long it has a process, in ms; 0 for none. */
interface Wish {
  readonly tenant_id: string;
  readonly work_ms: number;
}

/** A loop over runs that share two processes, with a queue that gets back what is handed back. */
function backlogLoop(wishes: ReadonlyMap<string, Wish>, slots: number) {
  const stop = new AbortController();
  const time = virtualTime();
  const queued = [...wishes.keys()];
  const rows = new Map(queued.map((run_id) => [run_id, { attempt: 0, uncounted_requeues: 0 }]));
  const ended = new Map<string, unknown>();
  const processes = createSlots(PROCESSES);
  let held = 0;
  let most_held = 0;
  const work: Pack<unknown>["run"] = async (inputs, { turn, signal }) => {
    const { work_ms } = wishes.get(String(inputs)) ?? { work_ms: 0 };
    if (work_ms > 0) {
      if (!processes.tryTake()) await turn.wait(processes.take(turn.key, signal));
      await time.sleeper.sleep(work_ms, signal);
      processes.release();
    }
    return { kind: "input_rejected", reason_code: "WORKED", detail: "" };
  };
  const query: Db["query"] = async ({ name }, values) => {
    const rowOf = (run_id: string) => rows.get(run_id) ?? { attempt: 0, uncounted_requeues: 0 };
    const tenantOf = (run_id: string) => wishes.get(run_id)?.tenant_id ?? "";
    if (name === "lease-runs") {
      const [run_ids, lease_tokens] = values as readonly (readonly string[])[];
      return (run_ids ?? []).map((run_id, nth) => {
        const row = rowOf(run_id);
        row.attempt += 1;
        most_held = Math.max(most_held, (held += 1));
        const named = { run_id, lease_token: lease_tokens?.[nth], tenant_id: tenantOf(run_id) };
        return { ...CLAIMED, ...row, ...named, inputs: JSON.stringify(run_id) };
      });
    }
    const run_id = String(values[0]);
    const row = rowOf(run_id);
    const tenant_id = tenantOf(run_id);
    if (name === "requeue-uncounted") {
      row.uncounted_requeues += 1;
      held -= 1;
    }
    if (name === "close-run") {
      ended.set(run_id, values[7]);
      held -= 1;
    }
    return [{ run_id, tenant_id, reserved_micros: "5000", charged_micros: "0" }];
  };
  const receive = async (max: number) => {
    if (queued.length === 0) await time.sleeper.sleep(1_000, stop.signal);
    const taken = queued.splice(0, max);
    return taken.map((run_id) => ({ body: encodeSignal({ run_id, traceparent: "" }), handle: run_id }));
  };
  const send = async (bodies: readonly string[]) =>
    void queued.push(...bodies.map((body) => decodeSignal(body)?.run_id ?? ""));
  const deps = {
    db: { query },
    redis: { run: async () => "OK" },
    queue: { receive, send, delete: async () => undefined, hide: async () => undefined },
    packs: new Map([["waits", { offer: { inputs: z.unknown() }, run: work }]]),
    offThread: createOffThread(() => Promise.reject(new Error("no process"))),
    metrics: { count: () => undefined, add: () => undefined, gauge: () => undefined, observe: () => undefined },
    random: { bytes: (length: number) => new Uint8Array(length) },
    clock: time.clock,
    sleeper: time.sleeper,
    tracer: NO_TRACER,
    log: silentLog,
  } as unknown as WorkerDeps;
  const times = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };
  const over = workerLoop(deps, { ...times, concurrency: slots, stop_seconds: 1 }, stop.signal);
  const end = async () => {
    stop.abort();
    await time.pass(60_000);
    await over;
  };
  return { time, queued, ended, mostHeld: () => most_held, end };
}

describe("a worker whose runs wait for a process", () => {
  const backlog = (count: number, tenants: readonly string[], work_ms: number): [string, Wish][] =>
    Array.from({ length: count }, (_, nth) => [
      crypto.randomUUID(),
      { tenant_id: tenants[nth % tenants.length] ?? "", work_ms },
    ]);

  test("takes other work meanwhile", async () => {
    const quick = crypto.randomUUID();
    const loop = backlogLoop(
      new Map([...backlog(12, [GREEDY], 60_000), [quick, { tenant_id: QUICK, work_ms: 0 }]]),
      10,
    );
    await loop.time.pass(1_100);
    expect([...loop.ended.keys()]).toEqual([quick]);
    await loop.end();
  });

  test("holds no more of them than its places and slots, and leaves the others in the queue", async () => {
    const loop = backlogLoop(new Map(backlog(400, [GREEDY], 60_000)), 10);
    await loop.time.pass(50_000);
    expect(loop.mostHeld()).toBe(10 + 10);
    expect(loop.queued).toHaveLength(400 - loop.mostHeld());
    await loop.end();
  });

  test.each([
    ["short runs of one tenant", 200, 1, 200],
    ["long runs of one tenant", 120, 1, 20_000],
    ["runs of three tenants, a minute each", 90, 3, 60_000],
  ])("works off a backlog of %s to its end, and fails none", async (_, count, tenants, work_ms) => {
    const names = Array.from({ length: tenants }, () => crypto.randomUUID());
    const loop = backlogLoop(new Map(backlog(count, names, work_ms)), 10);
    const needed_ms = (count * work_ms) / PROCESSES;
    await loop.time.pass(needed_ms * 1.2 + 10_000);
    expect(new Set(loop.ended.values())).toEqual(new Set(["WORKED"]));
    expect(loop.ended.size).toBe(count);
    await loop.end();
  });
});

test("a worker that can lease no run asks for one message after ever longer pauses, and for more once it can", async () => {
  const stop = new AbortController();
  const time = virtualTime();
  const began_ms = time.clock.now();
  const asked: (readonly [seconds: number, max: number])[] = [];
  let isRefused = true;
  const receive = async (max: number) => {
    asked.push([(time.clock.now() - began_ms) / 1_000, max]);
    if (!isRefused) await time.sleeper.sleep(20_000, stop.signal);
    return [{ body: encodeSignal({ run_id: crypto.randomUUID(), traceparent: "" }), handle: "any" }];
  };
  const hidden: number[] = [];
  const query = async () => {
    if (isRefused) throw Object.assign(new Error("permission denied"), { code: "42501" });
    return [];
  };
  const deps = {
    db: { query },
    queue: {
      receive,
      delete: async () => undefined,
      hide: async (_: string, seconds: number) => void hidden.push(seconds),
    },
    metrics: { count: () => undefined },
    clock: time.clock,
    random: { bytes: (length: number) => new Uint8Array(length) },
    sleeper: time.sleeper,
    tracer: NO_TRACER,
    log: silentLog,
  } as unknown as WorkerDeps;
  const times = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };
  const over = workerLoop(deps, { ...times, concurrency: 5, stop_seconds: 1 }, stop.signal);
  await time.pass(92_000);
  expect(asked.slice(1).map(([, max]) => max)).toEqual(asked.slice(1).map(() => 1));
  expect(asked.map(([seconds]) => Math.round(seconds))).toEqual([0, 1, 3, 7, 15, 31, 61, 91]);
  expect(hidden).toEqual(asked.map(() => 30));
  isRefused = false;
  await time.pass(100_000);
  expect(asked.at(-1)?.[1]).toBe(5);
  stop.abort();
  await time.pass(60_000);
  await over;
});
