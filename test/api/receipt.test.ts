import { eventually } from "../support/eventually.ts";
import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from "jose";
import { expect, test } from "vitest";
import type { z } from "zod";
import { payloadHash } from "#core/domain/run-request.ts";
import { publicKey } from "#core/domain/receipt-key.ts";
import { type ReceiptClaims, receiptClaims } from "#core/domain/signed-receipt.ts";
import { newReceiptKey } from "../../backend/cli/operations/new-receipt-key.ts";
import { parseEnv } from "../../edge/env.ts";
import { keySet, receiptView } from "../../edge/receipts/schemas.ts";
import { acceptedRun, bearer, call, cancelRun, get, post, problemOf, work } from "./client.ts";
import { complete, fail, start } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { bareWorld, createWorld, sharedWorld, type World } from "./harness.ts";

const world = await sharedWorld();

interface Given {
  readonly account: Account;
  readonly run_id: string;
}

async function submitted(from: World = world): Promise<Given> {
  const account = await from.account();
  const { run_id } = acceptedRun(await post({ url: from.url, api_key: account.api_key }));
  return { account, run_id };
}

const runUrl = ({ run_id }: Given, from: World = world) => `${from.url}/v1/runs/${run_id}`;
const ask = (given: Given, from: World = world) => get(`${runUrl(given, from)}/receipt`, given.account.api_key);

async function receiptOf(given: Given, from: World = world): Promise<z.output<typeof receiptView>> {
  const answer = await ask(given, from);
  expect(answer.status, answer.text).toBe(200);
  return receiptView.parse(answer.body);
}

/** What the receipt says, verified with the keys that it names. */
async function claimsOf(given: Given): Promise<ReceiptClaims> {
  const { receipt, jwks_uri } = await receiptOf(given);
  const keys = keySet.parse((await call(jwks_uri)).body);
  const { payload, protectedHeader } = await compactVerify(receipt, createLocalJWKSet(keys), { algorithms: ["EdDSA"] });
  expect(protectedHeader).toEqual({ alg: "EdDSA", kid: keys.keys[0]?.kid, typ: "dpp-receipt+jwt" });
  return receiptClaims.parse(JSON.parse(new TextDecoder().decode(payload)));
}

test("the receipt of a completed run says what it was, gave and cost, under a key that anybody can fetch", async () => {
  const given = await submitted();
  const { sha256 } = await complete(world.backend, given.run_id, { data: "worth it" }, 123_456);
  const { body } = await get(runUrl(given), given.account.api_key);
  const run = body as { readonly created_at: string; readonly started_at: string; readonly finished_at: string };
  expect(await claimsOf(given)).toEqual({
    iss: world.url,
    iat: Math.floor(Date.parse(run.finished_at) / 1000),
    sub: given.run_id,
    tenant_id: given.account.tenant_id,
    pack_type: "decision",
    pack_version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    status: "COMPLETED",
    payload_sha256: payloadHash(work()),
    result_sha256: sha256,
    result_bytes: 19,
    reserved_usd: "1.0000",
    charged_usd: "0.123456",
    minimum_fee_usd: "0.0110",
    created_at: run.created_at,
    started_at: run.started_at,
    finished_at: run.finished_at,
    reason_code: null,
  });
});

test("a run that failed, and one that was canceled before any work, have receipts without a result", async () => {
  const [failed, canceled] = [await submitted(), await submitted()];
  await fail(world.backend, failed.run_id);
  await cancelRun(runUrl(canceled), canceled.account.api_key);
  const none = { result_sha256: null, result_bytes: null };
  const failure = { ...none, status: "FAILED", charged_usd: "0.0110", reason_code: "NO_LUCK" };
  expect(await claimsOf(failed)).toMatchObject(failure);
  const cancel = { ...none, status: "CANCELED", charged_usd: "0.0000", reason_code: "CANCELED", started_at: null };
  expect(await claimsOf(canceled)).toMatchObject(cancel);
});

test("the same run gives the same receipt to the byte, past its retention and its purge too", async () => {
  const given = await submitted();
  await complete(world.backend, given.run_id, { data: 1 }, 10_000);
  const first = await receiptOf(given);
  await world.owner.query("UPDATE runs SET retention_until = now() - interval '1 minute' WHERE run_id = $1", [
    given.run_id,
  ]);
  expect((await get(runUrl(given), given.account.api_key)).body).toMatchObject({ status: "EXPIRED" });
  expect(await receiptOf(given)).toEqual(first);
  const purge =
    "UPDATE runs SET purged_at = now(), inputs = NULL, metadata = '{}', version = version + 1 WHERE run_id = $1";
  await world.owner.query(purge, [given.run_id]);
  expect(await receiptOf(given)).toEqual(first);
});

test("it is plain application/jose for who asks for that", async () => {
  const given = await submitted();
  await fail(world.backend, given.run_id);
  const headers = { ...bearer(given.account.api_key), Accept: "application/jose" };
  const answer = await call(`${runUrl(given)}/receipt`, { headers });
  expect([answer.status, answer.headers.get("content-type"), answer.headers.get("vary")]).toEqual([
    200,
    "application/jose",
    "Accept",
  ]);
  expect(answer.text).toBe((await receiptOf(given)).receipt);
});

test("a run that is not over has no receipt yet, and says when to ask again", async () => {
  const given = await submitted();
  const queued = await ask(given);
  expect(problemOf(queued, 409, "run-not-completed").detail).toBe("The run is QUEUED.");
  expect(queued.headers.get("retry-after")).toBe("1");
  await start(world.backend, given.run_id);
  expect(problemOf(await ask(given), 409, "run-not-completed").detail).toBe("The run is PROCESSING.");
});

test("a run that is held for a person to decide has no receipt, open or closed", async () => {
  const [open, closed] = [await submitted(), await submitted()];
  await start(world.backend, open.run_id);
  await fail(world.backend, closed.run_id);
  const freeze = "UPDATE runs SET money_state = 'AUDIT_REQUIRED' WHERE run_id = $1";
  for (const given of [open, closed]) {
    await world.owner.query(freeze, [given.run_id]);
    problemOf(await ask(given), 409, "run-under-audit");
  }
});

test("another tenant's run has no receipt", async () => {
  const given = await submitted();
  await complete(world.backend, given.run_id, { data: 1 }, 10_000);
  problemOf(await ask({ ...given, account: await world.account() }), 404, "not-found");
});

test("the key set is public, cacheable, and without any private part", async () => {
  const answer = await call(`${world.url}/.well-known/jwks.json`);
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "public, max-age=300"]);
  expect(keySet.parse(answer.body).keys).toHaveLength(1);
  expect(answer.text).not.toContain('"d"');
});

test("a retired key still verifies what it signed", async () => {
  const [now, before] = [await newReceiptKey(), await newReceiptKey()];
  // A private part where none belongs is left out.
  const retired = JSON.stringify({ keys: [{ ...before, use: "sig" }] });
  const bindings = { DPP_RECEIPT_KEY: JSON.stringify(now), DPP_RECEIPT_PUBLIC_KEYS: retired };
  const rotated = await createWorld({ bindings });
  try {
    const answer = await call(`${rotated.url}/.well-known/jwks.json`);
    const common = { alg: "EdDSA", use: "sig" };
    expect(keySet.parse(answer.body)).toEqual({
      keys: [now, before].map((key) => ({ ...publicKey.parse(key), ...common })),
    });
    for (const { d } of [now, before]) expect(answer.text).not.toContain(d);
    const given = await submitted(rotated);
    await fail(rotated.backend, given.run_id);
    const { receipt } = await receiptOf(given, rotated);
    expect(decodeProtectedHeader(receipt).kid).toBe(now.kid);
  } finally {
    await rotated.close();
  }
});

test("a deployment without a key signs nothing and says so, and serves an empty key set", async () => {
  const keyless = await bareWorld();
  const given = await submitted(keyless);
  await fail(keyless.backend, given.run_id);
  const refused = await ask(given, keyless);
  expect(problemOf(refused, 503, "unavailable").detail).toContain("no key for signing receipts");
  expect(refused.headers.has("retry-after")).toBe(true);
  expect((await call(`${keyless.url}/.well-known/jwks.json`)).body).toEqual({ keys: [] });
  await keyless.workerAlive();
  expect((await call(`${keyless.url}/readyz`)).status).toBe(200);
});

test("a key that does not fit is a fault of the environment that quotes no part of it", async () => {
  const { d, ...half } = await newReceiptKey();
  const other = { ...half, d, crv: "X25519" };
  const keys = [
    `${d} is no JSON`,
    JSON.stringify(half),
    JSON.stringify({ ...half, d: d.slice(1) }),
    JSON.stringify(other),
  ];
  for (const DPP_RECEIPT_KEY of keys) {
    const parsed = parseEnv({ DPP_RECEIPT_KEY, DPP_RECEIPT_PUBLIC_KEYS: DPP_RECEIPT_KEY });
    const faults = "errors" in parsed ? parsed.errors.join() : "";
    expect(faults).toMatch(/DPP_RECEIPT_KEY[.:].*DPP_RECEIPT_PUBLIC_KEYS[.:]/);
    for (const secret of [d.slice(1), half.x]) expect(faults).not.toContain(secret);
  }
});

test("a key whose parts belong to two keys signs nothing", async () => {
  const [one, two] = [await newReceiptKey(), await newReceiptKey()];
  const mixed = await createWorld({ bindings: { DPP_RECEIPT_KEY: JSON.stringify({ ...one, d: two.d }) } });
  try {
    const given = await submitted(mixed);
    await fail(mixed.backend, given.run_id);
    problemOf(await ask(given, mixed), 500, "internal");
    await eventually(() =>
      expect(mixed.logs.join()).toContain("not an Ed25519 key whose public and private parts match"),
    );
    expect(mixed.logs.join()).not.toContain(two.d);
  } finally {
    await mixed.close();
  }
});
