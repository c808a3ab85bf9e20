import { z } from "zod";
import type { Micros } from "../../domain/money.ts";
import type { Db } from "../../ports/db.ts";
import { amount } from "../columns.ts";
import { bytea, fn } from "../fn.ts";
import { foundRun } from "./find-run.ts";

interface WebhookOfRun {
  readonly url: string;
  readonly secret: string;
  readonly include_output?: boolean;
}

export interface Submission {
  readonly key_sha256: string;
  readonly run_id: string;
  readonly idempotency_key: string;
  readonly payload_sha256: string;
  readonly pack_type: string;
  readonly pack_version: string;
  /** Canonical JSON. */
  readonly inputs: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly reserve: Micros;
  readonly minimum_fee: Micros;
  readonly timebox_sec: number;
  readonly min_reliability: number | null;
  readonly traceparent: string;
  /** Where to send the event of its end; the secret becomes the default endpoint's if the tenant has no such endpoint yet. */
  readonly webhook?: WebhookOfRun | undefined;
}

const withRun = <O extends "inserted" | "existing">(expected: O) =>
  foundRun.extend({ outcome: z.literal(expected) }).transform(({ outcome, ...run }) => ({ outcome, run }));

const result = z.union([
  withRun("inserted"),
  withRun("existing"),
  z.object({
    outcome: z.literal("insufficient"),
    available_micros: amount,
    refused_by: z.enum(["tenant", "key"]),
  }),
  z.object({ outcome: z.literal("absent") }),
  z.object({
    outcome: z.enum([
      "conflict",
      "too-many-open",
      "late",
      "unauthorized",
      "scope-missing",
      "read-scope-missing",
      "pack-not-in-plan",
      "cost-over-plan-limit",
      "read-only",
      "run-id-taken",
    ]),
  }),
]);
export type SubmitResult = z.infer<typeof result>;

/**
 * Linearization point 1: does this run exist, and is its money held? With `mode` "dry-run" it only reads. An Outage
 * means that the outcome is unknown until `deadline` has passed on the database's clock.
 */
export async function submitRun(
  db: Db,
  run: Submission,
  options: { readonly mode: "reserve" | "dry-run"; readonly deadline_ms: number },
): Promise<SubmitResult> {
  const values = {
    key_sha256: bytea(run.key_sha256),
    run_id: run.run_id,
    idempotency_key: run.idempotency_key,
    payload_sha256: bytea(run.payload_sha256),
    pack_type: run.pack_type,
    pack_version: run.pack_version,
    inputs: run.inputs,
    metadata: JSON.stringify(run.metadata),
    max_cost_micros: String(run.reserve),
    minimum_fee_micros: String(run.minimum_fee),
    timebox_sec: run.timebox_sec,
    min_reliability: run.min_reliability,
    trace_parent: run.traceparent,
    reserve: options.mode === "reserve",
    deadline: new Date(options.deadline_ms).toISOString(),
    webhook_url: run.webhook?.url ?? null,
    webhook_secret: run.webhook?.secret ?? null,
    webhook_include_output: run.webhook?.include_output ?? false,
  };
  const rows = await fn(db, "submit_run", values, "outcome, available_micros, refused_by, (run).*");
  return result.parse(rows[0]);
}
