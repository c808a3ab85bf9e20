import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "#core/domain/hash.ts";
import { micros } from "#core/domain/money.ts";
import { dispositionOf } from "#core/domain/object-metadata.ts";
import { receiptMetadata, resultKey } from "#core/domain/receipt.ts";
import { createLeaseBatch, leaseRun } from "#core/store/runs/lease-run.ts";
import { beginFinalize, createClaimBatch } from "#core/store/runs/begin-finalize.ts";
import { extendLease } from "#core/store/runs/extend-lease.ts";
import { type ReaperDeps, reaperLoop } from "../../backend/reaper/loop.ts";
import { sweepClaims } from "../../backend/reaper/sweeps/claimed.ts";
import { sweepLeases } from "../../backend/reaper/sweeps/lease.ts";
import { processMessage } from "../../backend/worker/process-run.ts";
import { recorder } from "./support/recorder.ts";
import { type RunHarness, TIMES, done, packOf, runHarness } from "./support/run-harness.ts";

const NEVER = new AbortController().signal;
const uuid = () => crypto.randomUUID();

describe("the reaper", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  const claim = async (run_id: string, lease_seconds = 120) => {
    const lease = await leaseRun(createLeaseBatch(h.backend), {
      run_id,
      lease_token: uuid(),
      lease_seconds,
      max_attempts: 3,
    });
    if (lease.kind !== "leased") throw new Error(lease.kind);
    return lease.run;
  };
  /** A run whose worker died after W3, with its finalize token. */
  const abandoned = async () => {
    const run = await claim(await h.submit());
    const finalize_token = uuid();
    expect(await beginFinalize(createClaimBatch(h.backend), run, finalize_token)).not.toBe("lost");
    return { ...run, finalize_token };
  };
  const put = (run: { run_id: string }, metadata: Record<string, string>) =>
    h.s3.send(
      new PutObjectCommand({
        Bucket: h.stack.bucket,
        Key: resultKey(h.tenant.tenant_id, run.run_id, 1),
        Body: "{}",
        ContentDisposition: dispositionOf(metadata),
      }),
    );
  const receipt = (run: { finalize_token: string }, cost: number) =>
    receiptMetadata({
      cost: micros(cost),
      sha256: "a".repeat(64),
      finalize_token: run.finalize_token,
      bytes: 2,
      reliability: 1,
    });
  const claims = (max_attempts = 3, over: Parameters<RunHarness["deps"]>[0] = {}) =>
    sweepClaims(h.deps(over), { claimed_seconds: 0, max_attempts }, NEVER);
  const leases = (max_attempts = 3) => sweepLeases(h.deps({}), max_attempts, NEVER);

  test("leaves a run alone while its lease holds", async () => {
    const { run_id } = await claim(await h.submit());
    await leases();
    expect(await h.run(run_id)).toMatchObject({ status: "PROCESSING", attempt: 1 });
  });

  test("queues and signals a run whose lease passed, and the late worker can neither beat nor finalize", async () => {
    const run = await claim(await h.submit(), -1);
    await leases();
    expect(await h.run(run.run_id)).toMatchObject({
      status: "QUEUED",
      money_state: "RESERVED",
      lease_token: null,
      lease_expires_at: null,
      finalize_token: null,
    });
    expect(h.queueCalls.sent.some((body) => body.includes(run.run_id))).toBe(true);
    expect(await extendLease(h.backend, run, { lease_seconds: 120, grace_seconds: 30 })).toBe("lost");
    expect(await beginFinalize(createClaimBatch(h.backend), run, uuid())).toBe("lost");
    await processMessage(h.deps({ packs: packOf(async () => done({})) }), TIMES, h.message(run.run_id), NEVER);
    expect(await h.run(run.run_id)).toMatchObject({ status: "COMPLETED", attempt: 2, charged_micros: "1000" });
  });

  test("fails a run for nothing when its last attempt is lost, once, however many sweep", async () => {
    const { run_id } = await claim(await h.submit(), -1);
    await Promise.all([leases(1), leases(1), leases(1)]);
    const free = { status: "FAILED", reason_code: "LEASE_EXPIRED", money_state: "REFUNDED", charged_micros: "0" };
    expect(await h.run(run_id)).toMatchObject(free);
    expect(await h.closing(run_id)).toEqual({ RESERVE: 100_000, REFUND: 100_000 });
    const { run_id: claimed } = await abandoned();
    await claims(1);
    expect(await h.run(claimed)).toMatchObject(free);
  });

  test("fails both at the minimum fee where the operator charges for platform failures", async () => {
    const platform_failure_fee = "minimum";
    const { metrics, values } = recorder();
    const { run_id } = await claim(await h.submit(), -1);
    await sweepLeases(h.deps({ platform_failure_fee, metrics }), 1, NEVER);
    const { run_id: claimed } = await abandoned();
    await claims(1, { platform_failure_fee, metrics });
    const failure = { name: "run_closed", value: 1, labels: { pack_type: "decision", kind: "platform_failed" } };
    expect(values.filter(({ name }) => name === "run_closed")).toEqual([failure, failure]);
    for (const id of [run_id, claimed]) {
      expect(await h.run(id)).toMatchObject({ status: "FAILED", reason_code: "LEASE_EXPIRED", charged_micros: "5000" });
      expect(await h.closing(id)).toEqual({ RESERVE: 100_000, CHARGE: 5_000, REFUND: 95_000 });
    }
  });

  test("reaps the runs behind one that cannot be reaped", async () => {
    const stuck = await claim(await h.submit(), -1);
    const behind = await claim(await h.submit(), -1);
    // A refund that the ledger has already makes closing this run raise.
    await h.owner.query(
      "INSERT INTO ledger_transfers (tenant_id, run_id, kind, debit, credit, amount_micros, created_at) VALUES ($1, $2, 'REFUND', 'reserved', 'available', 1, now())",
      [h.tenant.tenant_id, stuck.run_id],
    );
    await leases(1);
    expect(await h.run(stuck.run_id)).toMatchObject({ status: "PROCESSING" });
    expect(await h.run(behind.run_id)).toMatchObject({ status: "FAILED", reason_code: "LEASE_EXPIRED" });
    await h.owner.query("DELETE FROM ledger_transfers WHERE run_id = $1 AND kind = 'REFUND'", [stuck.run_id]);
    await leases(1);
    expect(await h.run(stuck.run_id)).toMatchObject({ status: "FAILED" });
  });

  test("rolls a claimed run forward when its result is there: never failed although its result exists", async () => {
    const run = await abandoned();
    await put(run, receipt(run, 33_000));
    const { metrics, counted } = recorder();
    await Promise.all([claims(3, { metrics }), claims(3, { metrics })]);
    expect(counted("run_closed")).toBe(1);
    expect(await h.run(run.run_id)).toMatchObject({ status: "COMPLETED", charged_micros: "33000", result_attempt: 1 });
    expect(await h.closing(run.run_id)).toEqual({ RESERVE: 100_000, CHARGE: 33_000, REFUND: 67_000 });
  });

  test("buries an attempt without a result, so that its late upload loses, and queues the run again", async () => {
    const run = await abandoned();
    await claims();
    expect(await h.run(run.run_id)).toMatchObject({ status: "QUEUED", finalize_stage: null, finalize_token: null });
    const body = new Uint8Array([1]);
    const metadata = { ...receipt(run, 1), sha256: sha256Hex(body) };
    const key = resultKey(h.tenant.tenant_id, run.run_id, 1);
    const late = await h.objects.create(key, body, "application/json", metadata);
    expect(late).toBe("exists");
    await processMessage(h.deps({ packs: packOf(async () => done({})) }), TIMES, h.message(run.run_id), NEVER);
    expect(await h.run(run.run_id)).toMatchObject({ status: "COMPLETED", result_attempt: 2 });
  });

  test("ends a claimed run that was asked to cancel: CANCELED at the minimum fee", async () => {
    const run = await abandoned();
    await h.owner.query("UPDATE runs SET cancel_requested = true WHERE run_id = $1", [run.run_id]);
    await claims();
    expect(await h.run(run.run_id)).toMatchObject({ status: "CANCELED", charged_micros: "5000" });
  });

  test.each([
    ["a receipt above the reservation", 100_001, true],
    ["a receipt with another token", 10, false],
  ])("freezes a claimed run that meets %s, and never touches it again", async (_, cost, ours) => {
    const run = await abandoned();
    await put(run, receipt(ours ? run : { finalize_token: uuid() }, cost));
    await claims();
    await claims();
    expect(await h.run(run.run_id)).toMatchObject({
      status: "PROCESSING",
      money_state: "AUDIT_REQUIRED",
      charged_micros: null,
    });
    const findings = await h.owner.query("SELECT kind FROM audit_findings WHERE run_id = $1", [run.run_id]);
    expect(findings).toEqual([{ kind: "object-contradicts-run" }]);
    expect(await h.closing(run.run_id)).toEqual({ RESERVE: 100_000 });
  });

  test("a sweep that fails, or that a slow store holds up, keeps no other from its turn", async () => {
    const run_id = await h.submit();
    await abandoned();
    await h.owner.query("UPDATE runs SET last_signal_at = now() - interval '1 hour' WHERE run_id = $1", [run_id]);
    const real = h.deps({});
    const stop = new AbortController();
    const slow = Promise.withResolvers<"exists">();
    const deps: ReaperDeps = {
      ...real,
      objects: { ...h.objects, create: () => slow.promise },
      webhooks: undefined,
      dead_letters: undefined,
      db: {
        query: (statement, values) =>
          statement.name === "expired-leases" ? Promise.reject(new Error("broken")) : real.db.query(statement, values),
      },
      queue: {
        ...real.queue,
        send: async (bodies) => {
          if (bodies.some((body) => body.includes(run_id))) stop.abort();
        },
      },
    };
    const settings = { max_attempts: 3, claimed_seconds: 0, signal_seconds: 60, sweep_seconds: 15, grace_seconds: 90 };
    const looping = reaperLoop(deps, { ...settings, audit_seconds: 60 }, stop.signal);
    await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    slow.resolve("exists");
    await looping;
  });
});
