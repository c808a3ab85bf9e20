import type { PackOffer, PackOutcome } from "#core/domain/pack.ts";
import { parseApiKey } from "#core/domain/api-key.ts";
import { micros } from "#core/domain/money.ts";
import { encodeSignal } from "#core/domain/message.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { SignalReceiver, SignalSender } from "#core/ports/queue.ts";
import type { PackContext } from "../../../backend/worker/packs/pack.ts";
import { z } from "zod";
import { processMessage, type WorkerDeps, type WorkerTimes } from "../../../backend/worker/process-run.ts";
import { createDemoTenant } from "../../dev/demo-tenant.ts";
import { stackStores } from "../../support/stack-stores.ts";
import { createMoneyWorld, submission } from "./money-world.ts";
import { SUBMITTED } from "../../support/submission.ts";

export const NEVER = new AbortController().signal;
export const hang = () => new Promise<never>(() => undefined);
export const TIMES: WorkerTimes = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };

/** A clock that stands still: however long a step takes on a crowded machine, it takes nothing of a run's time. */
export function stillClock(): Clock {
  const now = Date.now();
  return { now: () => now };
}

/** A wait that lasts until its signal aborts. */
export const untilAborted = (signal?: AbortSignal) =>
  new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));

/** A queue that remembers what it was told. */
function recordingQueue() {
  const queueCalls = { sent: [] as string[], deleted: [] as string[], hidden: [] as string[] };
  const queue: SignalReceiver & SignalSender = {
    receive: () => Promise.resolve([]),
    send: (bodies) => Promise.resolve(void queueCalls.sent.push(...bodies)),
    delete: (handle) => Promise.resolve(void queueCalls.deleted.push(handle)),
    hide: (handle) => Promise.resolve(void queueCalls.hidden.push(handle)),
  };
  return { queue, queueCalls };
}

const offer: PackOffer<unknown> = {
  type: "decision",
  version: "1",
  title: "test",
  summary: "a pack of the test's own",
  inputs: z.unknown(),
  data: z.unknown(),
  prices: { base: { unit_micros: micros(1_000), per: "run" } },
  reliability: "none",
  examples: [{ title: "nothing", inputs: {} }],
  estimate: () => ({ units: { base: 1 }, exact: true }),
};

/** A pack that does what the test says, whose data may be anything unless `data` says what they are. */
export const packOf = (run: (context: PackContext) => Promise<PackOutcome>, data: PackOffer["data"] = offer.data) =>
  new Map([["decision", { offer: { ...offer, data }, run: (_: unknown, context: PackContext) => run(context) }]]);

export const done = (data: unknown, base = 1, reliability = 1): PackOutcome => ({
  kind: "done",
  data,
  artifacts: [],
  units: { base },
  reliability,
});

/** Real stores of this test's own, a tenant with money, and the means to submit and look. */
export async function runHarness() {
  const world = await createMoneyWorld();
  const { stack, objects, s3, worker, close } = stackStores();
  const { owner } = world;
  const tenant = await createDemoTenant(owner, { name: "test" });
  const account = { key_sha256: parseApiKey(tenant.api_key)?.sha256 ?? "" };
  const { queue, queueCalls } = recordingQueue();

  const deps = (over: Partial<WorkerDeps>): WorkerDeps => ({ ...worker, db: world.backend, queue, ...over });

  const submit = async (
    over: { reserve?: number; timebox_sec?: number; min_reliability?: number; inputs?: string } = {},
  ) => {
    const run = submission(account, { ...over, reserve: micros(over.reserve ?? 100_000) });
    const result = await world.submit(run);
    if (result.outcome !== "inserted") throw new Error(result.outcome);
    return run.run_id;
  };

  const message = (run_id: string) => ({
    body: encodeSignal({ run_id, traceparent: SUBMITTED.traceparent }),
    handle: run_id,
  });

  const one = async (sql: string, values: readonly string[]) => (await owner.query(sql, values))[0] ?? {};
  return {
    stack,
    tenant,
    newTenant: () => createDemoTenant(owner, { name: "another" }),
    queueCalls,
    s3,
    objects,
    owner,
    edge: world.edge,
    backend: world.backend,
    deps,
    submit,
    message,
    /** A worker with this run's signal. */
    work: (run_id: string, over: Partial<WorkerDeps>, stop = NEVER) =>
      processMessage(deps(over), TIMES, message(run_id), stop),
    run: (run_id: string) => one("SELECT * FROM runs WHERE run_id = $1", [run_id]),
    balance: () =>
      one("SELECT granted, charged, reserved, available, open_runs FROM balances WHERE tenant_id = $1", [
        tenant.tenant_id,
      ]),
    /** CHARGE and REFUND of a run, in micros. */
    closing: async (run_id: string) =>
      Object.fromEntries(
        (await owner.query("SELECT kind, amount_micros FROM ledger_transfers WHERE run_id = $1", [run_id])).map(
          (row) => [row["kind"], Number(row["amount_micros"])],
        ),
      ),
    close: async () => {
      close();
      await world.close();
    },
  };
}
export type RunHarness = Awaited<ReturnType<typeof runHarness>>;
