import { z } from "zod";
import { formatUsd, micros } from "./money.ts";
import { runStatus } from "./run.ts";

const amount = z.int().min(0).transform(micros);
const ofRun = z.object({
  run_id: z.guid(),
  status: runStatus,
  reason_code: z.string().nullable(),
  charged_micros: amount,
  reserved_micros: amount,
});
const ofThreshold = z.object({ threshold_percent: z.int(), granted_micros: amount, charged_micros: amount });

/** An event of the outbox; `pack_type` and `metadata` are those of its run, if it is of one. */
export interface OutboxEvent {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly happened_at: Date;
  readonly pack_type: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

/** What a webhook is told of an event: the body, as JSON text. Throws ZodError for a payload that is not its type's. */
export function webhookBody(event: OutboxEvent): string {
  return JSON.stringify({ type: event.type, timestamp: event.happened_at.toISOString(), data: dataOf(event) });
}

function dataOf({ type, payload, pack_type, metadata }: OutboxEvent): unknown {
  if (type.startsWith("run.")) {
    const { run_id, status, reason_code, charged_micros, reserved_micros } = ofRun.parse(payload);
    return {
      run_id,
      pack_type,
      status,
      reserved_usd: formatUsd(reserved_micros),
      charged_usd: formatUsd(charged_micros),
      reason_code,
      metadata: metadata ?? {},
      href: `/v1/runs/${run_id}`,
      result_href: status === "COMPLETED" ? `/v1/runs/${run_id}/result` : null,
    };
  }
  if (type === "budget.threshold") {
    const { threshold_percent, granted_micros, charged_micros } = ofThreshold.parse(payload);
    return { threshold_percent, granted_usd: formatUsd(granted_micros), charged_usd: formatUsd(charged_micros) };
  }
  return payload;
}
