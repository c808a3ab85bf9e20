import { z } from "zod";
import { formatUsd, micros } from "./money.ts";
import type { ResultDocument } from "./result.ts";
import { type RunRow, runView, viewRun } from "./run-view.ts";
import { runStatus } from "./run.ts";
import { TEST_EVENT } from "./webhook.ts";

const amount = z.int().min(0).transform(micros);
const ofRun = z.object({ status: runStatus });
const ofThreshold = z.object({ threshold_percent: z.int(), granted_micros: amount, charged_micros: amount });

/** An event of the outbox; with its run, if it is of one. */
export interface OutboxEvent {
  readonly type: string;
  readonly payload: unknown;
  readonly happened_at: Date;
  readonly run: RunRow | null;
  /** The result of the run; null if it cannot be carried; undefined if it was not asked for. */
  readonly output?: ResultDocument | null | undefined;
}

const usd = (description: string, example: string) => z.string().meta({ description, examples: [example] });
const timestamp = z.iso
  .datetime()
  .meta({ description: "When it happened: RFC 3339, in UTC.", examples: ["2026-11-21T09:30:00.000Z"] });

const threshold = z.strictObject({
  threshold_percent: z.int().meta({
    description: "50, 80 or 100: what is charged has come to this part of what is granted.",
    examples: [80],
  }),
  granted_usd: usd("What is granted, in USD.", "100.0000"),
  charged_usd: usd("What is charged, in USD.", "80.0120"),
});

const revokedKey = z.strictObject({
  key_id: z
    .uuid()
    .meta({ description: "The API key's id, which is no secret.", examples: ["01a1fa2e-8c10-7d41-9a53-1f2b7c9d0e64"] }),
  name: z.string().meta({ description: "How people call it.", examples: ["ci"] }),
  revoked_at: z.iso
    .datetime()
    .meta({ description: "When it was revoked: RFC 3339, in UTC.", examples: ["2026-11-21T09:30:00.000Z"] }),
});

const testedWebhook = z.strictObject({
  endpoint_id: z.uuid().meta({ description: "The webhook's id.", examples: ["01a1fa2f-41b7-7c02-8d9e-5a6f30c1b283"] }),
});

/** The data of each type of event. */
export const webhookEvents = {
  run: z.strictObject({
    type: z.enum(["run.completed", "run.failed", "run.canceled"]).describe("What happened."),
    timestamp,
    data: z.strictObject({ run: runView.describe("The run, as it ended.") }).describe("What it happened to."),
  }),
  budget: z.strictObject({
    type: z.literal("budget.threshold").describe("What happened."),
    timestamp,
    data: threshold.describe("The budget, as it was then."),
  }),
  key: z.strictObject({
    type: z.literal("key.revoked").describe("What happened."),
    timestamp,
    data: revokedKey.describe("The API key that was revoked."),
  }),
  test: z.strictObject({
    type: z.literal(TEST_EVENT).describe("Nothing happened: its owner tries the webhook."),
    timestamp,
    data: testedWebhook.describe("The webhook that is tried."),
  }),
};

/** The body of a delivery, as JSON text. Throws ZodError if the event's data is not of its type. */
export function webhookBody(event: OutboxEvent): string {
  const { type, happened_at } = event;
  return JSON.stringify({ type, timestamp: happened_at.toISOString(), data: dataOf(event) });
}

function dataOf(event: OutboxEvent): unknown {
  if (event.type.startsWith("run.")) return runData(event);
  return event.type === "budget.threshold"
    ? thresholdData(event)
    : z.record(z.string(), z.unknown()).parse(event.payload);
}

/** The run as it ended, however long ago that is: its status does not follow its retention. */
function runData({ payload, run, output }: OutboxEvent): z.input<typeof webhookEvents.run>["data"] {
  const { status } = ofRun.parse(payload);
  if (run === null) throw new Error("an event of a run has no run");
  return { run: viewRun({ ...run, status, expired: false }, output === undefined ? {} : { output }) };
}

function thresholdData({ payload }: OutboxEvent): z.input<typeof webhookEvents.budget>["data"] {
  const { threshold_percent, granted_micros, charged_micros } = ofThreshold.parse(payload);
  return { threshold_percent, granted_usd: formatUsd(granted_micros), charged_usd: formatUsd(charged_micros) };
}
