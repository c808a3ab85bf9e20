import { describe, expect, test } from "vitest";
import { signatureOf } from "#core/domain/webhook.ts";
import { RECEIPT_TYP, receiptClaims, receiptPayload } from "#core/domain/signed-receipt.ts";
import { micros } from "#core/domain/money.ts";
import { privateKey } from "#core/domain/receipt-key.ts";
import { newReceiptKey } from "../../../backend/cli/operations/new-receipt-key.ts";
import { createSigner } from "../../../edge/drivers/signer.ts";
import {
  type KeySet,
  signWebhook,
  VerificationError,
  verifyReceipt,
  verifyWebhook,
} from "../../../edge/client/client.ts";
import { failure, fakeApi, json, run, RUN_ID } from "./fake-api.ts";

const key = privateKey.parse(await newReceiptKey());
const keysOf = ({ kty, crv, x, kid }: typeof key): KeySet => ({
  keys: [{ kty, crv, x, kid, alg: "EdDSA", use: "sig" }],
});
const signer = createSigner(key);
const RESULT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const at = new Date("2026-11-30T12:00:00Z");
const payload = receiptPayload("https://api.example", {
  run_id: RUN_ID,
  tenant_id: "01a1fa2d-77c0-7b1e-8f52-6c9d03e4a187",
  pack_type: "char",
  pack_version: "1.0.0",
  status: "COMPLETED",
  payload_sha256: RESULT,
  result_sha256: RESULT,
  result_bytes: 10,
  reserved_micros: micros(50_000),
  charged_micros: micros(5_000),
  minimum_fee_micros: micros(5_000),
  reason_code: null,
  created_at: at,
  started_at: at,
  finished_at: at,
});
const receipt = await signer.sign(payload, RECEIPT_TYP);
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const parts = receipt.split(".");
const other = privateKey.parse(await newReceiptKey());
const forged = { ...JSON.parse(payload), charged_usd: "0.0001" } as object;
const ofAnother = await createSigner({ ...other, kid: key.kid }).sign(payload, RECEIPT_TYP);
const ofUnknown = await createSigner({ ...other, kid: "other" }).sign(payload, RECEIPT_TYP);
const ofAnotherType = await signer.sign(payload, "JWT");

describe("a receipt", () => {
  test("gives the claims that the service signed, and types for each of them", async () => {
    const claims = await verifyReceipt(receipt, keysOf(key), { run_id: RUN_ID, issuer: "https://api.example" });
    expect(claims).toEqual(JSON.parse(payload));
    // A claim that is new would lack in the client's types.
    expect(Object.keys(receiptClaims.shape).toSorted()).toEqual(Object.keys(claims).toSorted());
  });

  test.each([
    ["other claims", [parts[0], part(forged), parts[2]].join(".")],
    ["no signature", [parts[0], parts[1], ""].join(".")],
    ["the algorithm none", [part({ alg: "none", typ: RECEIPT_TYP, kid: key.kid }), parts[1], ""].join(".")],
    ["another type", ofAnotherType],
    ["another key of the same name", ofAnother],
    ["a key that nobody knows", ofUnknown],
    [
      "an extension that must be understood",
      [part({ alg: "EdDSA", typ: RECEIPT_TYP, kid: key.kid, crit: ["b64"] }), parts[1], parts[2]].join("."),
    ],
    ["four parts", `${receipt}.x`],
    ["nothing", ""],
    ["no JSON", "x.y.z"],
    ["a thousand pages", "x".repeat(100_000)],
  ])("with %s is refused", async (_, text) => {
    expect(await failure(verifyReceipt(text, keysOf(key)))).toBeInstanceOf(VerificationError);
  });

  test.each([
    ["run", { run_id: "another" }],
    ["result", { result_sha256: "0".repeat(64) }],
    ["run that has no result", { result_sha256: null }],
    ["issuer", { issuer: "https://other.example" }],
  ])("about another %s is refused", async (_, expected) => {
    expect(await failure(verifyReceipt(receipt, keysOf(key), expected))).toBeInstanceOf(VerificationError);
  });

  test("by a key that is newer than the keys at hand makes the client read them once more", async () => {
    const answer = () => json({ receipt, jwks_uri: "" });
    const { dpp, sent } = fakeApi([json({ keys: [] }), answer(), json(keysOf(key)), answer()]);
    await dpp.receiptKeys();
    const over = run({ result: { sha256: RESULT } });
    expect((await dpp.runs.receipt(over as never)).claims.sub).toBe(RUN_ID);
    expect((await dpp.runs.receipt(RUN_ID)).receipt).toBe(receipt);
    expect(sent.map(({ url }) => new URL(url).pathname.split("/").at(-1))).toEqual([
      "jwks.json",
      "receipt",
      "jwks.json",
      "receipt",
    ]);
  });

  test("that is about another result than the run's is refused", async () => {
    const { dpp } = fakeApi([json({ receipt }), json(keysOf(key))]);
    const over = run({ result: { sha256: "0".repeat(64) } });
    expect(await failure(dpp.runs.receipt(over as never))).toBeInstanceOf(VerificationError);
  });
});

const SECRET = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
const OTHER = `whsec_${Buffer.from("another secret of 32 bytes, yes.").toString("base64")}`;
const BODY = JSON.stringify({ type: "key.revoked", timestamp: at.toISOString(), data: { key_id: "1", name: "é" } });
const NOW = at.getTime();
const TIMESTAMP = NOW / 1_000;
const headersOf = (change: Record<string, string> = {}) => ({
  "Webhook-Id": "evt_1",
  "Webhook-Timestamp": String(TIMESTAMP),
  "Webhook-Signature": signatureOf({ id: "evt_1", timestamp: TIMESTAMP, body: BODY }, [OTHER, SECRET]),
  ...change,
});

describe("a webhook", () => {
  test("that the service signed is verified, in whatever form it is given, while secrets rotate", async () => {
    const headers = headersOf();
    const verified = { id: "evt_1", event: JSON.parse(BODY) as unknown };
    const request = new Request("https://hooks.example/", { method: "POST", body: BODY, headers });
    expect(await verifyWebhook(request, SECRET, { now: NOW })).toEqual(verified);
    expect(await verifyWebhook({ body: BODY, headers }, ["whsec_AAAA", OTHER], { now: NOW })).toEqual(verified);
    const bytes = { body: Buffer.from(BODY), headers: new Headers(headers) };
    expect(await verifyWebhook(bytes, SECRET, { now: NOW })).toEqual(verified);
  });

  test("that signWebhook signed has the very signature of the service", async () => {
    const signed = await signWebhook({ id: "evt_1", body: BODY, timestamp: TIMESTAMP }, SECRET);
    expect(signed["webhook-signature"]).toBe(signatureOf({ id: "evt_1", timestamp: TIMESTAMP, body: BODY }, [SECRET]));
    expect((await verifyWebhook({ body: BODY, headers: signed }, SECRET, { now: NOW })).id).toBe("evt_1");
    const now = await signWebhook({ id: "evt_2", body: BODY }, SECRET);
    expect((await verifyWebhook({ body: BODY, headers: now }, SECRET)).id).toBe("evt_2");
  });

  test.each([
    ["with another body", BODY.replace("1", "2"), headersOf()],
    ["under another id", BODY, headersOf({ "Webhook-Id": "evt_2" })],
    ["with another time", BODY, headersOf({ "Webhook-Timestamp": String(TIMESTAMP + 1) })],
    ["without a signature", BODY, headersOf({ "Webhook-Signature": "" })],
    [
      "with a signature of another version",
      BODY,
      headersOf({ "Webhook-Signature": headersOf()["Webhook-Signature"].replaceAll("v1,", "v2,") }),
    ],
    ["with a signature that is no base64", BODY, headersOf({ "Webhook-Signature": "v1,***" })],
    ["with a time that is none", BODY, headersOf({ "Webhook-Timestamp": "now" })],
    ["without headers", BODY, {}],
    ["of bytes that are no text", Uint8Array.of(0xff, 0xfe), headersOf()],
  ])("%s is refused", async (_, body, headers) => {
    expect(await failure(verifyWebhook({ body, headers }, SECRET, { now: NOW }))).toBeInstanceOf(VerificationError);
  });

  test("signed with a secret that is not the receiver's is refused", async () => {
    const signed = await signWebhook({ id: "evt_1", body: BODY, timestamp: TIMESTAMP }, OTHER);
    expect(await failure(verifyWebhook({ body: BODY, headers: signed }, SECRET, { now: NOW }))).toBeInstanceOf(
      VerificationError,
    );
  });

  test("is taken from a clock that is up to five minutes away, or as far as the receiver says", async () => {
    const received = { body: BODY, headers: headersOf() };
    for (const skew of [-300_000, 300_000]) await verifyWebhook(received, SECRET, { now: NOW + skew });
    for (const skew of [-301_000, 301_000])
      expect(await failure(verifyWebhook(received, SECRET, { now: NOW + skew }))).toBeInstanceOf(VerificationError);
    await verifyWebhook(received, SECRET, { now: NOW + 3_600_000, toleranceSeconds: 3_600 });
  });

  test("whose body has no end is not read to it", async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(((sent += 65_536), 65_536))),
    });
    const request = new Request("https://hooks.example/", {
      method: "POST",
      body,
      headers: headersOf(),
      duplex: "half",
    } as RequestInit);
    expect(await failure(verifyWebhook(request, SECRET, { now: NOW }))).toMatchObject({
      message: "more than 262144 bytes",
    });
    expect(sent).toBeLessThan(1_000_000);
  });

  test("is not checked with a secret that is none: that is the receiver's own mistake", async () => {
    for (const secret of ["", "secret", "whsec_", "whsec_*"])
      expect(await failure(verifyWebhook({ body: BODY, headers: headersOf() }, secret, { now: NOW }))).toBeInstanceOf(
        TypeError,
      );
  });
});
