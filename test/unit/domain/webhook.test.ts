import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "#core/domain/base64.ts";
import { resultBytes, type ResultDocument } from "#core/domain/result.ts";
import { METADATA_LIMITS } from "#core/domain/run-request.ts";
import { MAX_INLINE_BYTES, viewRun } from "#core/domain/run-view.ts";
import { newWebhookSecret, retrySeconds, signatureOf, WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { type OutboxEvent, webhookBody, webhookEvents } from "#core/domain/webhook-message.ts";
import { micros } from "#core/domain/money.ts";
import { COMPLETED } from "./run-row.ts";

const OUTPUT = JSON.parse(
  Buffer.from(
    resultBytes({
      run_id: COMPLETED.run_id,
      pack_type: "compliance",
      pack_version: "1.2.0",
      generated_at_ms: 0,
      reserved: micros(1_000_000),
      charge: micros(1_500),
      minimum_fee: micros(1_500),
      units: { base: 1 },
      reliability: 1,
      data: Buffer.from(
        '{"counts":{},"findings":[],"findings_total":0,"masked_text":"a","offset_unit":"utf16_code_unit","rules":["email"],"verdict":"PASS"}',
      ),
      artifacts: Buffer.from("[]"),
      trace_id: "a".repeat(32),
      payload_sha256: "ab".repeat(32),
    }),
  ).toString(),
) as ResultDocument;

describe("the signature", () => {
  // The vector that the reference libraries of Standard Webhooks share.
  const message = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  test("is that of the published vector", () => {
    expect(signatureOf(message, [secret])).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  test("is one for each secret, with a space between, and either verifies", () => {
    const fresh = newWebhookSecret(randomBytes(32));
    const now = { ...message, timestamp: Math.floor(Date.now() / 1000), body: '{"ünï":"cödé"}' };
    const headers = {
      "webhook-id": now.id,
      "webhook-timestamp": String(now.timestamp),
      "webhook-signature": signatureOf(now, [fresh, secret]),
    };
    expect(headers["webhook-signature"]).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
    for (const each of [fresh, secret]) expect(new Webhook(each).verify(now.body, headers)).toEqual({ ünï: "cödé" });
    expect(() => new Webhook(newWebhookSecret(randomBytes(32))).verify(now.body, headers)).toThrow("No matching");
  });
});

test("a secret is its prefix and 32 bytes in base64", () => {
  expect(newWebhookSecret(new Uint8Array(32).fill(255))).toBe(`whsec_${"/".repeat(42)}8=`);
});

test("base64 is what Buffer makes of it, both ways", () => {
  for (let length = 0; length < 70; length++) {
    const bytes = randomBytes(length);
    const text = bytes.toString("base64");
    expect(toBase64(bytes)).toBe(text);
    expect(Buffer.from(fromBase64(text)).equals(bytes)).toBe(true);
    expect(Buffer.from(fromBase64(text.replaceAll("=", ""))).equals(bytes)).toBe(true);
  }
  for (const broken of ["a", "ab-d", "a=bc", "abcde", "ab cd"]) expect(() => fromBase64(broken)).toThrow(RangeError);
});

describe("the schedule", () => {
  const HOUR = 3_600;
  const WAITS = [5, 300, 1_800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

  test("waits longer after each try, a fifth more or less, for about three days, and then ends", () => {
    const at = (chance: number) => WAITS.map((_, index) => retrySeconds(index + 1, chance));
    expect(at(0.5)).toEqual(WAITS);
    expect(at(0).map((wait, index) => (wait ?? 0) / (WAITS[index] ?? 1))).toEqual(WAITS.map(() => expect.closeTo(0.8)));
    expect(at(1).map((wait, index) => (wait ?? 0) / (WAITS[index] ?? 1))).toEqual(WAITS.map(() => expect.closeTo(1.2)));
    expect(retrySeconds(10, 0.5)).toBeUndefined();
    expect(WAITS.reduce((sum, wait) => sum + wait, 0) / (24 * HOUR)).toBeCloseTo(3.15, 1);
  });

  test("waits as long as the receiver asks for, up to a day, and never less than its own time", () => {
    expect(retrySeconds(1, 0.5, 90)).toBe(90);
    expect(retrySeconds(2, 0.5, 90)).toBe(300);
    expect(retrySeconds(1, 0.5, Number.POSITIVE_INFINITY)).toBe(24 * HOUR);
    expect(retrySeconds(10, 0.5, 90)).toBeUndefined();
  });
});

describe("the body", () => {
  const happened_at = new Date("2026-01-02T03:04:05.678Z");
  const event = { type: "run.completed", payload: { status: "COMPLETED" }, happened_at, run: COMPLETED };
  const sent = (message: OutboxEvent) => webhookEvents.run.parse(JSON.parse(webhookBody(message)));

  test("of a run's event has the run, as every response shows it", () => {
    expect(sent(event)).toEqual({
      type: "run.completed",
      timestamp: "2026-01-02T03:04:05.678Z",
      data: { run: viewRun(COMPLETED) },
    });
    const run = { ...COMPLETED, status: "FAILED", reason_code: "CRASHED" } as const;
    const failed = sent({ ...event, type: "run.failed", payload: { status: "FAILED" }, run });
    expect(failed.data.run).toMatchObject({ error: { reason_code: "CRASHED" }, result: null, links: { output: null } });
  });

  test("of a run's event has the run as it ended, also past its retention", () => {
    expect(sent({ ...event, run: { ...COMPLETED, expired: true } })).toEqual(sent(event));
  });

  test("of a completed run has its output only where that was asked for", () => {
    expect(sent(event).data.run).not.toHaveProperty("output");
    expect(sent({ ...event, output: null }).data.run.output).toBeNull();
    expect(sent({ ...event, output: OUTPUT }).data.run.output).toEqual(OUTPUT);
  });

  test("is bounded, with the longest metadata and the largest output that there may be", () => {
    const { pairs, name_chars, value_chars } = METADATA_LIMITS;
    const all = Array.from({ length: pairs }, (_, index) => [
      String.fromCodePoint(index + 1).repeat(name_chars),
      "\u{1}".repeat(value_chars),
    ]);
    const rest = JSON.stringify({ ...OUTPUT, data: { text: "" } }).length;
    const output = { ...OUTPUT, data: { text: "x".repeat(MAX_INLINE_BYTES - rest) } };
    expect(Buffer.byteLength(JSON.stringify(output))).toBe(MAX_INLINE_BYTES);
    const body = webhookBody({ ...event, run: { ...COMPLETED, metadata: Object.fromEntries(all) }, output });
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(WEBHOOK_LIMITS.max_body_bytes);
  });

  test("of a budget's event says how much of it is used, of any other what the outbox says", () => {
    const of = (type: string, payload: unknown) =>
      JSON.parse(webhookBody({ type, payload, happened_at, run: null })) as { data: unknown };
    const used = { threshold_percent: 80, granted_micros: 10_000_000, charged_micros: 8_000_000 };
    const said = { threshold_percent: 80, granted_usd: "10.0000", charged_usd: "8.0000" };
    expect(of("budget.threshold", used).data).toEqual(said);
    expect(of("key.revoked", { key_id: "k" }).data).toEqual({ key_id: "k" });
    const tested = of("webhook.test", { endpoint_id: "01a1fa2f-41b7-7c02-8d9e-5a6f30c1b283" });
    expect(webhookEvents.test.parse(tested)).toEqual(tested);
    for (const payload of [{ status: "FAILED" }, "FAILED", null]) expect(() => of("run.failed", payload)).toThrow();
    expect(() => of("key.revoked", 7)).toThrow();
  });
});
