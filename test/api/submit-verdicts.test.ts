import { expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { Outage } from "#core/domain/outage.ts";
import { Problem, PROBLEMS } from "#core/domain/problem.ts";
import type { Row } from "#core/ports/db.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { IsolateRateLimiter } from "../../edge/admission/isolate-rate-limiter.ts";
import { LruCache } from "../../edge/admission/lru-cache.ts";
import { DeniedKeyCache } from "../../edge/admission/denied-key-cache.ts";
import { submit, type SubmitDeps } from "../../edge/runs/submit.ts";
import { QUEUED_ROW } from "../support/run-row.ts";
import { SUBMITTED } from "../support/submission.ts";
import { silentLog } from "../support/silent-log.ts";

const TENANT = "0190a000-0000-7000-8000-000000000001";
const HINTED = "0190a000-0000-7000-8000-000000000002";
const OTHER = "0190a000-0000-7000-8000-000000000003";
const KEY = "a".repeat(64);
const RATE = ["50", "60000", "49", "1200", "0"];

const clock = { now: () => 1_700_000_000_000 };
const found = { ...QUEUED_ROW, tenant_id: TENANT };

const snapshot: Row = {
  tenant_id: TENANT,
  available_micros: "5000000",
  open_runs: [],
  plan: {
    version: "1",
    submit_per_minute: 60,
    submit_burst: 10,
    read_per_minute: 60,
    read_burst: 10,
    max_open_runs: 10,
    max_cost_micros: "5000000",
    pack_types: ["decision"],
  },
  keys: [],
};

/** The use case before a Redis and a Postgres that give these answers; says what it asked of them. */
async function run(
  admission: readonly string[] | Error,
  answer: (run_id: string) => Record<string, unknown> | Error,
  snapshots: readonly Row[] = [],
  least = 12_000,
) {
  const asked = { run_id: "", reserve: false, released: "", synced: false, signalled: 0 };
  const deferred: Promise<unknown>[] = [];
  const deps: SubmitDeps = {
    clock,
    random: { bytes: (length) => new Uint8Array(length).fill(7) },
    log: silentLog,
    metrics: NO_METRICS,
    grace_seconds: 90,
    tenants: new LruCache(10),
    unauthenticated: new IsolateRateLimiter({ per_minute: 60, burst: 10 }, clock),
    denied_keys: new DeniedKeyCache(clock),
    bypass: {
      submit: new IsolateRateLimiter({ per_minute: 60, burst: 10 }, clock),
      read: new IsolateRateLimiter({ per_minute: 60, burst: 10 }, clock),
    },
    refreshes: new IsolateRateLimiter({ per_minute: 60, burst: 10 }, clock),
    redis: {
      get: () => Promise.resolve(TENANT),
      set: () => Promise.resolve(),
      run: async (script, _keys, args) => {
        if (script.name === "admit" && admission instanceof Error) throw admission;
        if (script.name === "admit") return admission as readonly string[];
        if (script.name === "release") asked.released = args[0] ?? "";
        if (script.name === "read-clock") asked.synced = true;
        if (script.name === "sync") return ["SYNCED", "0", "0"];
        return script.name === "read-clock" ? "1700000000000000" : "0";
      },
    },
    db: {
      query: async (statement, values) => {
        if (statement.name === "admission-snapshot") return snapshots;
        asked.run_id = String(values[1]);
        asked.reserve = values[13] === true;
        const row = answer(asked.run_id);
        if (row instanceof Error) throw row;
        return [row];
      },
    },
    signals: {
      send: async (bodies) => {
        asked.signalled += bodies.length;
      },
    },
    defer: (_what, work) => void deferred.push(work()),
  };
  const { rate, verdict } = await submit(
    deps,
    { key_sha256: KEY, address: "" },
    {
      idempotency_key: "some-key-1",
      content: () => ({ payload_sha256: "b".repeat(64), inputs: "{}" }),
      ...SUBMITTED,
      reserve: micros(1_000_000),
      price: { least: micros(least), most: micros(least) },
      minimum_fee: micros(20_000),
    },
  );
  await Promise.all(deferred);
  const summary = verdict instanceof Problem ? `${PROBLEMS[verdict.slug].status} ${verdict.slug}` : "202";
  return { asked, rate, verdict, summary };
}

const inserted = (run_id: string) => ({ ...found, outcome: "inserted", run_id });
const existing = (run_id: string) => ({ ...found, outcome: "existing", run_id });
const insufficient = (refused_by: string) => () => ({ outcome: "insufficient", available_micros: "5", refused_by });
const only = (outcome: string) => () => ({ outcome });

type Case = [string, readonly string[], (run_id: string) => Record<string, unknown>, string, Record<string, unknown>];

test.each<Case>([
  ["reserved and inserted", ["RESERVED", ...RATE], inserted, "202", { signalled: 1, released: "", synced: false }],
  ["reserved and there already", ["RESERVED", ...RATE], () => existing(OTHER), "202", { signalled: 0, synced: false }],
  ["replayed", ["REPLAY", ...RATE, HINTED], existing, "202", { run_id: HINTED, released: "", signalled: 0 }],
  ["replayed, and not there yet", ["REPLAY", ...RATE, HINTED], inserted, "202", { run_id: HINTED, signalled: 1 }],
  ["replayed under a wrong hint", ["REPLAY", ...RATE, HINTED], () => existing(OTHER), "202", { released: HINTED }],
  ["a conflict", ["CONFLICT", ...RATE], only("conflict"), "409 idempotency-conflict", { reserve: true, released: "" }],
  ["a conflict in the mirror alone", ["CONFLICT", ...RATE], inserted, "202", { signalled: 1, synced: true }],
  [
    "no budget",
    ["NO_BUDGET", ...RATE, "5"],
    insufficient("tenant"),
    "422 budget-exceeded",
    { reserve: false, released: "", synced: false },
  ],
  [
    "no budget in the mirror alone",
    ["NO_BUDGET", ...RATE, "5"],
    only("absent"),
    "422 budget-exceeded",
    { synced: true },
  ],
  ["no budget, and there already", ["NO_BUDGET", ...RATE, "5"], () => existing(OTHER), "202", { reserve: false }],
  ["no budget, and a conflict", ["NO_BUDGET", ...RATE, "5"], only("conflict"), "409 idempotency-conflict", {}],
  ["too many open", ["TOO_MANY_OPEN", ...RATE], only("too-many-open"), "429 too-many-open-runs", { synced: false }],
  [
    "too many open in the mirror alone",
    ["TOO_MANY_OPEN", ...RATE],
    only("absent"),
    "429 too-many-open-runs",
    { synced: true },
  ],
  ["a pack out of plan", ["PACK_NOT_IN_PLAN", ...RATE], only("absent"), "403 pack-not-in-plan", { reserve: false }],
  ["a cost over the plan", ["COST_OVER_PLAN_LIMIT", ...RATE, "5"], only("absent"), "403 cost-over-plan-limit", {}],
  ["the mirror too rich", ["RESERVED", ...RATE], insufficient("tenant"), "422 budget-exceeded", { synced: true }],
  ["the key at its cap", ["RESERVED", ...RATE], insufficient("key"), "422 budget-exceeded", { synced: false }],
  ["the mirror too roomy", ["RESERVED", ...RATE], only("too-many-open"), "429 too-many-open-runs", { synced: true }],
  [
    "a key revoked in Postgres alone",
    ["RESERVED", ...RATE],
    only("unauthorized"),
    "401 unauthorized",
    { synced: true },
  ],
  ["a scope missing", ["SCOPE_MISSING", ...RATE], only("scope-missing"), "403 scope-missing", { synced: false }],
  [
    "a scope missing in the mirror alone",
    ["SCOPE_MISSING", ...RATE],
    only("absent"),
    "403 scope-missing",
    { synced: true },
  ],
  [
    "a key without the scope, revoked in Postgres alone",
    ["SCOPE_MISSING", ...RATE],
    only("unauthorized"),
    "401 unauthorized",
    { reserve: false, synced: true },
  ],
  ["a scope lost", ["RESERVED", ...RATE], only("scope-missing"), "403 scope-missing", { synced: true }],
  ["read-only", ["RESERVED", ...RATE], only("read-only"), "503 read-only", { synced: false }],
  ["late", ["RESERVED", ...RATE], only("late"), "503 unavailable", { synced: false }],
  ["a run id taken", ["RESERVED", ...RATE], only("run-id-taken"), "503 unavailable", { signalled: 0 }],
])("%s", async (_what, admission, answer, summary, expected) => {
  const outcome = await run(admission, answer);
  expect(outcome.summary).toBe(summary);
  expect(outcome.asked).toMatchObject(expected);
  if (admission[0] === "RESERVED" && summary !== "202") expect(outcome.asked.released).toBe(outcome.asked.run_id);
  expect(outcome.rate === undefined).toBe(summary.startsWith("401"));
});

test.each([
  ["RATE_LIMITED", [...RATE], "429 rate-limited"],
  ["UNAUTHORIZED", [], "401 unauthorized"],
])("%s is final, and Postgres is not asked", async (kind, rest, summary) => {
  const outcome = await run([kind, ...rest], inserted);
  expect([outcome.summary, outcome.asked.run_id]).toEqual([summary, ""]);
});

test("a missing scope is told with Postgres away too", async () => {
  const { summary, asked } = await run(["SCOPE_MISSING", ...RATE], () => new Outage("database", undefined));
  expect([summary, asked.synced]).toEqual(["403 scope-missing", false]);
});

test("an unknown outcome releases nothing and asks for patience beyond the deadline and the clocks", async () => {
  const { verdict, summary, asked } = await run(["RESERVED", ...RATE], () => new Outage("database", undefined));
  expect(summary).toBe("503 unavailable");
  expect((verdict as Problem).extras.retry_after_s).toBe(15);
  expect(asked).toMatchObject({ released: "", synced: false, signalled: 0 });
});

test("without Redis, Postgres alone decides, and what Redis may hold all the same is released", async () => {
  const gone = new Outage("redis", undefined);
  expect(await run(gone, inserted)).toMatchObject({
    summary: "202",
    rate: undefined,
    asked: { released: "", signalled: 1 },
  });
  const refused = await run(gone, insufficient("tenant"));
  expect(refused).toMatchObject({ summary: "422 budget-exceeded", asked: { synced: false } });
  expect(refused.asked.released).toBe(refused.asked.run_id);
});

test("a key that is neither mirrored nor in Postgres is nobody's", async () => {
  const { summary, asked } = await run(["NOT_LOADED"], inserted);
  expect([summary, asked.signalled]).toEqual(["401 unauthorized", 0]);
});

test("a mirror that stays unloaded is gone round", async () => {
  const { summary, asked, rate } = await run(["NOT_LOADED"], inserted, [snapshot]);
  expect([summary, asked.signalled, rate]).toEqual(["202", 1, undefined]);
});

test.each<[string, readonly string[] | Error]>([
  ["the shield reserved it all the same", ["RESERVED", ...RATE]],
  ["the shield refused it", ["COST_BELOW_PRICE", ...RATE]],
  ["the shield holds a hint", ["REPLAY", ...RATE, HINTED]],
  ["the shield holds another's hint", ["CONFLICT", ...RATE]],
  ["there is no shield", new Outage("redis", undefined)],
])("below its price nothing is inserted, and what is there is found, where %s", async (_what, admission) => {
  const price = 1_000_001;
  const fresh = await run(admission, only("absent"), [], price);
  expect(fresh.summary).toBe("422 max-cost-below-price");
  expect(fresh.asked).toMatchObject({ reserve: false, signalled: 0 });
  expect((await run(admission, () => existing(OTHER), [], price)).summary).toBe("202");
  expect((await run(admission, only("conflict"), [], price)).summary).toBe("409 idempotency-conflict");
});
