import { createHash, randomUUID } from "node:crypto";
import { inject } from "vitest";
import { micros } from "#core/domain/money.ts";
import { type Receipt, receiptMetadata, resultKey } from "#core/domain/receipt.ts";
import type { Db } from "#core/ports/db.ts";
import { beginFinalize, createClaimBatch } from "#core/store/runs/begin-finalize.ts";
import { createLeaseBatch, leaseRun, type LeasedRun } from "#core/store/runs/lease-run.ts";
import { closeRun } from "#core/store/runs/close-run.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { createS3Objects } from "../../backend/drivers/s3.ts";
import { awsSettings } from "../dev/aws-settings.ts";

/** W1, as a worker does it. */
export async function start(backend: Db, run_id: string): Promise<LeasedRun> {
  const lease = await leaseRun(createLeaseBatch(backend), {
    run_id,
    lease_token: randomUUID(),
    lease_seconds: 120,
    max_attempts: 3,
  });
  if (lease.kind !== "leased") throw new Error(`run ${run_id} is ${lease.kind}`);
  return lease.run;
}

/** The store of results of the stack that the tests share. */
export function storeOfResults() {
  const stack = inject("stack");
  const aws = awsSettings(stack);
  return {
    client: awsClient(aws, stack.s3Endpoint, { request_ms: 60_000, attempts: 3 }),
    bucket: stack.bucket,
  };
}

/** W1 to W5 with this result. */
export async function complete(backend: Db, run_id: string, result: object, cost_micros: number): Promise<Receipt> {
  const run = await start(backend, run_id);
  const finalize_token = randomUUID();
  await beginFinalize(createClaimBatch(backend), run, finalize_token);
  const body = Buffer.from(JSON.stringify(result));
  const sha256 = createHash("sha256").update(body).digest("hex");
  const receipt = { cost: micros(cost_micros), sha256, finalize_token, bytes: body.length, reliability: 0.75 };
  const objects = createS3Objects(storeOfResults());
  await objects.create(
    resultKey(run.tenant_id, run_id, run.attempt),
    body,
    "application/json",
    receiptMetadata(receipt),
  );
  objects.close();
  await closeRun(
    backend,
    run_id,
    { stage: "claimed", finalize_token },
    { status: "COMPLETED", receipt, attempt: run.attempt },
  );
  return receipt;
}

/** W1, then a failure of the pack. */
export async function fail(backend: Db, run_id: string): Promise<void> {
  const { lease_token, minimum_fee_micros } = await start(backend, run_id);
  const failure = { charge: minimum_fee_micros, reason_code: "NO_LUCK", reason_detail: "It did not work out." };
  await closeRun(backend, run_id, { stage: "leased", lease_token }, { status: "FAILED", ...failure });
}
