import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { micros } from "#core/domain/money.ts";
import type { Row } from "#core/ports/db.ts";
import { type CloseGuard, type Closing, type ClosedRun, closeRun } from "#core/store/runs/close-run.ts";
import { fn } from "#core/store/fn.ts";
import type { Account } from "../../dev/add-tenant.ts";
import { type MoneyWorld, submission } from "./money-world.ts";
import processRunSql from "./process-run.sql";

/** A run and the tokens that a worker of it would hold. */
export interface Work {
  readonly account: Account;
  readonly tenant_id: string;
  readonly run_id: string;
  readonly lease_token: string;
  readonly attempt: number;
  readonly finalize_token: string;
}

export const workOn = (account: Account, run_id: string): Work => ({
  account,
  tenant_id: account.tenant_id,
  run_id,
  lease_token: randomUUID(),
  attempt: 1,
  finalize_token: randomUUID(),
});

export async function queued(world: MoneyWorld, account: Account, cost = 10_000): Promise<Work> {
  const run = submission(account, { reserve: micros(cost) });
  expect(await world.submit(run)).toMatchObject({ outcome: "inserted" });
  return workOn(account, run.run_id);
}

/** Brings a queued run to a worker's lease, or on to its claim. */
export async function begin(world: MoneyWorld, work: Work, stage: "leased" | "claimed"): Promise<Work> {
  const finalize_token = stage === "claimed" ? work.finalize_token : null;
  await world.owner.query(processRunSql, [work.run_id, work.lease_token, finalize_token]);
  return work;
}

export const leased = async (world: MoneyWorld, account: Account): Promise<Work> =>
  begin(world, await queued(world, account), "leased");

export const claimed = async (world: MoneyWorld, account: Account): Promise<Work> =>
  begin(world, await queued(world, account), "claimed");

export function complete(
  world: MoneyWorld,
  work: Work,
  cost: number,
  finalize_token = work.finalize_token,
): Promise<ClosedRun | undefined> {
  const receipt = { cost: micros(cost), sha256: "ef".repeat(32), finalize_token, bytes: 123, reliability: 0.9 };
  const closing: Closing = { status: "COMPLETED", receipt, attempt: 1 };
  return closeRun(world.backend, work.run_id, { stage: "claimed", finalize_token }, closing);
}

export function fail(
  world: MoneyWorld,
  work: Work,
  charge: number,
  guard: CloseGuard = { stage: "leased", lease_token: work.lease_token },
): Promise<ClosedRun | undefined> {
  return closeRun(world.backend, work.run_id, guard, {
    status: "FAILED",
    charge: micros(charge),
    reason_code: "LEASE_EXPIRED",
    reason_detail: "lost",
  });
}

/** What close_run takes, but for the run and its guard: FAILED, for nothing. */
export const FAILING = {
  from_status: "PROCESSING",
  from_stage: null,
  token: null,
  version: null,
  to_status: "FAILED",
  charge_micros: "0",
  reason_code: "X",
  reason_detail: null,
  result_attempt: null,
  result_sha256: null,
  result_bytes: null,
  reliability: null,
} as const;

/** CANCELED out of QUEUED by version, for nothing. */
export function cancelQueued(world: MoneyWorld, work: Work, version: number): Promise<readonly Row[]> {
  const reason = { to_status: "CANCELED", reason_code: "CANCELED_BY_CALLER" };
  return fn(world.backend, "close_run", { ...FAILING, ...reason, run_id: work.run_id, from_status: "QUEUED", version });
}

export const freeze = (world: MoneyWorld, work: Work): Promise<readonly Row[]> =>
  world.backend.query("SELECT * FROM freeze_run($1, $2, $3, $4)", [work.run_id, work.finalize_token, "TEST", "{}"]);
