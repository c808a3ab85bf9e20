import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { encodeSignal } from "#core/domain/message.ts";
import type { Log } from "#core/ports/log.ts";
import { workerLoop } from "../../../backend/worker/loop.ts";
import type { WorkerDeps } from "../../../backend/worker/process-run.ts";

const TURNS = 30_000;
/** What is kept of a turn by a race against a promise that lasts was 312 bytes. */
const MOST_BYTES_A_TURN = 60;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silent };
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
