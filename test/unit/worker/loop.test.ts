import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { encodeSignal } from "#core/domain/message.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import { workerLoop } from "../../../backend/worker/loop.ts";
import { createOffThread } from "../../../backend/worker/off-thread/off-thread.ts";
import type { Pack } from "../../../backend/worker/packs/pack.ts";
import type { WorkerDeps } from "../../../backend/worker/process-run.ts";
import { virtualTime } from "../virtual-time.ts";

const TURNS = 30_000;
/** What is kept of a turn by a race against a promise that lasts was 312 bytes. */
const MOST_BYTES_A_TURN = 60;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silent };
/** A run of a pack that waits. */
const CLAIMED = {
  claimed: true,
  pack_type: "waits",
  pack_version: "1",
  inputs: "{}",
  payload_sha256: "",
  timebox_sec: 90,
  min_reliability: null,
  reserved_micros: "5000",
  minimum_fee_micros: "5000",
  attempt: 1,
  hand_backs: 0,
  trace_parent: "",
  created_at: new Date(0),
};
const used = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

test("a busy loop keeps nothing of its turns, while one run lasts through all of them", async () => {
  const stop = new AbortController();
  const lasting = Promise.withResolvers<readonly []>();
  const long = { body: encodeSignal({ run_id: crypto.randomUUID(), traceparent: "" }), receipt: "long" };
  const short = { body: "no signal", receipt: "short" };
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
    log: silent,
  } as unknown as WorkerDeps;
  const times = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };
  await workerLoop(deps, { ...times, concurrency: 2, stop_seconds: 1 }, stop.signal);
  expect(turns).toBe(TURNS);
  expect(kept / TURNS).toBeLessThan(MOST_BYTES_A_TURN);
});

test("a loop that waits for a free slot stops waiting when it is to stop", async () => {
  const stop = new AbortController();
  const lasting = Promise.withResolvers<readonly []>();
  const long = { body: encodeSignal({ run_id: crypto.randomUUID(), traceparent: "" }), receipt: "long" };
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
    log: silent,
  } as unknown as WorkerDeps;
  const times = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };
  await workerLoop(deps, { ...times, concurrency: 1, stop_seconds: 1 }, stop.signal);
  expect(received).toBe(1);
});

const [GREEDY, QUICK] = [crypto.randomUUID(), crypto.randomUUID()];

/** A loop whose runs wait for a process that nobody gives them, but for those of QUICK; which it took, and gave back. */
function crowdedLoop(tenantOf: (run_id: string) => string, slots: number) {
  const stop = new AbortController();
  const time = virtualTime();
  const queued: string[] = [];
  const claimed: string[] = [];
  const left = { handed_back: 0, done: [] as string[] };
  const work: Pack<unknown>["run"] = (_, { turn, signal }) => {
    if (turn.key === QUICK) {
      return Promise.resolve({ kind: "input_rejected", reason_code: "QUICK", detail: "" });
    }
    return turn.wait(
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    );
  };
  const query: Db["query"] = async (statement, values) => {
    const run_id = String(values[0]);
    if (statement.name === "claim-run") {
      claimed.push(run_id);
      return [{ ...CLAIMED, tenant_id: tenantOf(run_id) }];
    }
    if (statement.name === "hand-back") {
      left.handed_back += 1;
      return [{ run_id }];
    }
    if (statement.name === "close-run") left.done.push(run_id);
    return [{ run_id }];
  };
  const wanted: number[] = [];
  const receive = async (max: number) => {
    wanted.push(max);
    if (queued.length === 0) await time.sleeper.sleep(1_000, stop.signal);
    const taken = queued.splice(0, max);
    return taken.map((run_id) => ({ body: encodeSignal({ run_id, traceparent: "" }), receipt: run_id }));
  };
  const deps = {
    db: { query },
    queue: { receive, delete: async () => undefined, hide: async () => undefined, send: async () => undefined },
    packs: new Map([["waits", { offer: { inputs: z.unknown() }, run: work }]]),
    offThread: createOffThread(() => Promise.reject(new Error("no process"))),
    metrics: { count: () => undefined, gauge: () => undefined },
    random: { bytes: (length: number) => new Uint8Array(length) },
    clock: time.clock,
    sleeper: time.sleeper,
    log: silent,
  } as unknown as WorkerDeps;
  const times = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };
  const ended = workerLoop(deps, { ...times, concurrency: slots, stop_seconds: 1 }, stop.signal);
  const end = async () => {
    stop.abort();
    await time.pass(60_000);
    await ended;
  };
  return { time, queued, claimed, left, wanted, end };
}

describe("a worker whose runs wait for a process", () => {
  const ids = (count: number) => Array.from({ length: count }, () => crypto.randomUUID());

  test("takes other work meanwhile, holds a share of one tenant's runs, and hands back the others", async () => {
    const [greedy, [quick = ""]] = [ids(60), ids(1)];
    const loop = crowdedLoop((run_id) => (run_id === quick ? QUICK : GREEDY), 10);
    loop.queued.push(...greedy, quick);
    await loop.time.pass(1_100);
    // It held a quarter of 100 places, and half of 10 slots.
    expect(loop.claimed).toHaveLength(61);
    expect(loop.left).toMatchObject({ handed_back: 60 - 25 - 5 });
    expect(loop.left.done).toHaveLength(1);
    expect(loop.wanted.at(-1)).toBe(5);
    await loop.time.pass(10_000);
    expect(loop.left.handed_back).toBe(60 - 25);
    expect(loop.wanted.at(-1)).toBe(10);
    await loop.end();
    expect(loop.left.handed_back).toBe(60);
  });

  test("never holds more of them than there are places and slots", async () => {
    const runs = ids(400);
    const loop = crowdedLoop((run_id) => run_id, 10);
    loop.queued.push(...runs);
    await loop.time.pass(1_100);
    expect(loop.claimed.length - loop.left.handed_back).toBe(100 + 5);
    await loop.end();
  });
});
