import { z } from "zod";
import type { Micros } from "../../domain/money.ts";
import { runStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { amount, timestamp } from "../columns.ts";
import sql from "./submit-run.sql";
import withWebhookSql from "./submit-run-with-webhook.sql";

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
  /** Where to tell how it ended; the secret becomes that of the tenant's default, should it have none yet. */
  readonly webhook?: { readonly url: string; readonly secret: string } | undefined;
}

const runFields = {
  run_id: z.guid(),
  status: runStatus,
  created_at: timestamp,
  reserved_micros: amount,
  minimum_fee_micros: amount,
};
const answer = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("inserted"), ...runFields }),
  z.object({ outcome: z.literal("existing"), ...runFields }),
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
      "pack-not-in-plan",
      "cost-over-plan-limit",
      "read-only",
      "run-id-taken",
    ]),
  }),
]);
export type SubmitAnswer = z.infer<typeof answer>;

/**
 * Linearization point 1: does this run exist, and is its money held? With `reserve` "look" it only looks. An Outage
 * thrown means that the outcome is unknown until `deadline` has passed on the database's clock.
 */
export async function submitRun(
  db: Db,
  run: Submission,
  options: { readonly mode: "reserve" | "look"; readonly deadline_ms: number },
): Promise<SubmitAnswer> {
  const values = [
    run.key_sha256,
    run.run_id,
    run.idempotency_key,
    run.payload_sha256,
    run.pack_type,
    run.pack_version,
    run.inputs,
    JSON.stringify(run.metadata),
    String(run.reserve),
    String(run.minimum_fee),
    run.timebox_sec,
    run.min_reliability,
    run.traceparent,
    options.mode === "reserve",
    new Date(options.deadline_ms).toISOString(),
  ];
  const { webhook } = run;
  const rows =
    webhook === undefined
      ? await db.query({ name: "submit-run", text: sql }, values)
      : await db.query({ name: "submit-run-with-webhook", text: withWebhookSql }, [
          ...values,
          webhook.url,
          webhook.secret,
        ]);
  return answer.parse(rows[0]);
}
