import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createLeaseBatch, leaseRun } from "#core/store/runs/lease-run.ts";
import { noteProcess } from "#core/store/service/note-process.ts";
import { serviceState } from "#core/store/service/service-state.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import { sayAlive } from "../../backend/doctor/say-alive.ts";
import { newGaugesCursor, sweepGauges } from "../../backend/reaper/sweeps/gauges.ts";
import { recorder } from "./support/recorder.ts";
import { type RunHarness, runHarness } from "./support/run-harness.ts";

let h: RunHarness;
let heard: ReturnType<typeof recorder>;
beforeAll(async () => {
  h = await runHarness();
});
afterAll(() => h.close());
beforeEach(() => {
  heard = recorder();
});

const attributes = { ApproximateNumberOfMessages: "7", ApproximateNumberOfMessagesNotVisible: "2" };
const inspector = { attributes: async () => attributes };
const sweep = (cursor = newGaugesCursor()) =>
  sweepGauges({ db: h.backend, inspector, clock: { now: () => 1_000_000 }, metrics: heard.metrics }, cursor);
const labelled = (wanted: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    heard.values.filter(({ name }) => name === wanted).map(({ labels, value }) => [Object.values(labels)[0], value]),
  );

describe("the gauges of the service", () => {
  test("say how many runs wait, since when, and how many are at work", async () => {
    const runs = [await h.submit(), await h.submit(), await h.submit()];
    const [first = "", second = "", third = ""] = runs;
    const now_ago = "UPDATE runs SET created_at = now() - $2::interval, last_signal_at = now() - $2::interval";
    await h.owner.query(`${now_ago} WHERE run_id = $1`, [first, "1 hour"]);
    await sweep();
    expect(heard.last("queued_runs")).toBe(3);
    expect(heard.last("oldest_queued_seconds")).toBeGreaterThanOrEqual(3_600);

    const lease = { lease_token: crypto.randomUUID(), lease_seconds: 600, max_attempts: 3 };
    const leased = await leaseRun(createLeaseBatch(h.backend), { ...lease, run_id: first });
    expect(leased).toMatchObject({ kind: "leased", run: { attempt: 1 } });
    expect(leased.kind === "leased" && leased.run.waited_seconds).toBeGreaterThanOrEqual(3_600);
    await h.owner.query(
      "UPDATE runs SET finalize_stage = 'CLAIMED', claimed_at = now() - interval '5 minutes' WHERE run_id = $1",
      [first],
    );
    await leaseRun(createLeaseBatch(h.backend), { ...lease, run_id: second });
    await sweep();
    expect([heard.last("queued_runs"), heard.last("processing_runs"), heard.last("claimed_runs")]).toEqual([1, 1, 1]);
    expect(heard.last("oldest_claimed_seconds")).toBeGreaterThanOrEqual(300);

    // A run that a worker gave back waits since then, not since it was accepted.
    await h.owner.query(`${now_ago}, attempt = 0 WHERE run_id = $1`, [third, "2 hours"]);
    await h.owner.query(
      "UPDATE runs SET attempt = 1, last_signal_at = now() - interval '30 minutes' WHERE run_id = $1",
      [third],
    );
    await sweep();
    expect(heard.last("oldest_queued_seconds")).toBeLessThan(3_600);
    expect(heard.last("oldest_queued_seconds")).toBeGreaterThanOrEqual(1_800);
  });

  test("say what SQS holds, and how the switch is set", async () => {
    await setSwitch(h.owner, "read-only");
    await sweep();
    expect(labelled("queue_messages")).toEqual({ visible: 7, in_flight: 2, delayed: 0 });
    expect(labelled("switch_mode")).toEqual({ normal: 0, "read-only": 1, halt: 0 });
    await setSwitch(h.owner, "normal");
  });

  test("say for how long a webhook is due and a result past its retention", async () => {
    await sweep();
    expect([heard.last("webhook_oldest_due_seconds"), heard.last("retention_lag_seconds")]).toEqual([0, 0]);
    await h.owner.query(
      `INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, secret, created_at, next_due_at)
       VALUES (gen_random_uuid(), $1, 'https://a.example', 'secret', now(), now() - interval '10 minutes')`,
      [h.tenant.tenant_id],
    );
    const over = await h.submit();
    await h.owner.query(
      `UPDATE runs SET status = 'CANCELED', money_state = 'REFUNDED', charged_micros = 0, finished_at = now(),
         retention_until = now() - interval '2 days' WHERE run_id = $1`,
      [over],
    );
    await sweep();
    expect(heard.last("webhook_oldest_due_seconds")).toBeGreaterThanOrEqual(600);
    expect(heard.last("retention_lag_seconds")).toBeGreaterThanOrEqual(2 * 86_400);
  });

  test("say what all tenants have, and how many tenants a plan has, in as many rounds as it takes", async () => {
    const cursor = newGaugesCursor();
    await h.newTenant();
    await sweep(cursor);
    const sums = await h.owner.query(
      "SELECT sum(granted)::text AS granted, sum(charged)::text AS charged, sum(reserved)::text AS reserved, sum(available)::text AS available, count(*)::text AS tenants FROM balances",
      [],
    );
    const { tenants, ...money } = sums[0] ?? {};
    expect(labelled("money_micros")).toEqual(
      Object.fromEntries(Object.entries(money).map(([account, sum]) => [account, Number(sum)])),
    );
    const counted = labelled("tenants");
    expect(Object.values(counted).reduce((a, b) => a + b, 0)).toBe(Number(tenants));
    expect(heard.last("money_counted_timestamp_seconds")).toBe(1_000);

    await h.owner.query("DELETE FROM tenant_plans", []);
    await sweep(cursor);
    expect(labelled("tenants")).toEqual({
      ...Object.fromEntries(Object.keys(counted).map((plan) => [plan, 0])),
      none: Number(tenants),
    });
  });
});

describe("a process", () => {
  test("counts as alive while it says so, until its stop or for a minute after its last word", async () => {
    const stop = new AbortController();
    const slept = Promise.withResolvers<void>();
    const aborted = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
    const sleeper = { sleep: () => (slept.resolve(), aborted) };
    const { clock, random } = h.deps({});
    const saying = sayAlive({ db: h.backend, clock, random, sleeper, log: heard.log }, "worker", stop.signal);
    await slept.promise;
    const lost = { process_id: crypto.randomUUID(), kind: "worker" } as const;
    await noteProcess(h.backend, lost);
    await noteProcess(h.backend, { process_id: crypto.randomUUID(), kind: "reaper" });
    // Far in the future, so that a slow machine loses none of them.
    await h.owner.query("UPDATE processes SET beat_at = now() + interval '1 hour'", []);
    expect(await serviceState(h.edge)).toEqual({ mode: "normal", workers: 2 });
    await sweep();
    expect(labelled("processes_alive")).toEqual({ worker: 2, reaper: 1 });

    await h.owner.query("UPDATE processes SET beat_at = now() - interval '61 seconds' WHERE process_id = $1", [
      lost.process_id,
    ]);
    expect(await serviceState(h.edge)).toMatchObject({ workers: 1 });
    stop.abort();
    await saying;
    expect(await serviceState(h.edge)).toMatchObject({ workers: 0 });
    expect(heard.lines).toEqual([]);
  });

  test("is forgotten ten minutes after its last word", async () => {
    const old = { process_id: crypto.randomUUID(), kind: "worker" } as const;
    await noteProcess(h.backend, old);
    await h.owner.query("UPDATE processes SET beat_at = now() - interval '11 minutes' WHERE process_id = $1", [
      old.process_id,
    ]);
    await noteProcess(h.backend, { process_id: crypto.randomUUID(), kind: "worker" });
    const left = await h.owner.query("SELECT FROM processes WHERE process_id = $1", [old.process_id]);
    expect(left).toEqual([]);
  });

  test("works on when the database does not take its word", async () => {
    const stop = new AbortController();
    const { clock, random } = h.deps({});
    const db = { query: () => Promise.reject(new Error("out")) };
    const sleeper = { sleep: async () => stop.abort() };
    await sayAlive({ db, clock, random, sleeper, log: heard.log }, "worker", stop.signal);
    expect(heard.lines.map(({ level }) => level)).toEqual(["warn", "warn"]);
  });
});
