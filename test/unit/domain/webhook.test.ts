import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "#core/domain/base64.ts";
import { newWebhookSecret, retrySeconds, signatureOf } from "#core/domain/webhook.ts";
import { webhookBody, webhookEvents } from "#core/domain/webhook-message.ts";

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
  const run_id = "01a1fa37-24d5-77a5-b92c-ccf601371541";

  test("of a run's event says how it ended, what it cost and where its result is", () => {
    const payload = {
      run_id,
      status: "COMPLETED",
      reason_code: null,
      charged_micros: 1_500,
      reserved_micros: 1_000_000,
    };
    const event = { type: "run.completed", payload, happened_at, pack_type: "eval", metadata: { order: "A-1" } };
    expect(JSON.parse(webhookBody(event))).toEqual({
      type: "run.completed",
      timestamp: "2026-01-02T03:04:05.678Z",
      data: {
        run_id,
        pack_type: "eval",
        status: "COMPLETED",
        reserved_usd: "1.0000",
        charged_usd: "0.0015",
        reason_code: null,
        metadata: { order: "A-1" },
        href: `/v1/runs/${run_id}`,
        result_href: `/v1/runs/${run_id}/result`,
      },
    });
    webhookEvents.run.parse(JSON.parse(webhookBody(event)));
    const failed = { ...event, type: "run.failed", payload: { ...payload, status: "FAILED", reason_code: "CRASHED" } };
    expect(JSON.parse(webhookBody(failed))).toMatchObject({ data: { reason_code: "CRASHED", result_href: null } });
  });

  test("of a budget's event says how much of it is used, of any other what the outbox says", () => {
    const of = (type: string, payload: unknown) =>
      JSON.parse(webhookBody({ type, payload, happened_at, pack_type: null, metadata: null })) as { data: unknown };
    const used = { threshold_percent: 80, granted_micros: 10_000_000, charged_micros: 8_000_000 };
    const said = { threshold_percent: 80, granted_usd: "10.0000", charged_usd: "8.0000" };
    expect(of("budget.threshold", used).data).toEqual(said);
    expect(of("key.revoked", { key_id: "k" }).data).toEqual({ key_id: "k" });
    for (const payload of [{ status: "FAILED" }, "FAILED", null]) expect(() => of("run.failed", payload)).toThrow();
    expect(() => of("key.revoked", 7)).toThrow();
  });
});
