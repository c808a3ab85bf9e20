import { createHash } from "node:crypto";
import { CompactSign, importJWK } from "jose";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "#core/domain/idempotency.ts";
import { type PrivateKey, publicKey } from "#core/domain/receipt-key.ts";
import { newReceiptKey } from "../../backend/cli/operations/new-receipt-key.ts";
import { verifyReceipt } from "../../backend/cli/operations/verify-receipt.ts";
import { createSigner } from "../../edge/drivers/signer.ts";

const RESULT = Buffer.from('{"data":"worth it"}');
const CLAIMS = {
  iss: "https://api.example",
  iat: 1_790_000_000,
  sub: "01a1fa37-24d5-77a5-b92c-ccf601371541",
  tenant_id: "0b7e4f0a-6c43-4f0a-9a0c-5a3f6f6f8a11",
  pack_type: "decision",
  pack_version: "1.0.0",
  status: "COMPLETED",
  payload_sha256: "ab".repeat(32),
  result_sha256: createHash("sha256").update(RESULT).digest("hex"),
  result_bytes: RESULT.byteLength,
  reserved_usd: "1.0000",
  charged_usd: "0.123456",
  minimum_fee_usd: "0.0200",
  created_at: "2026-09-21T14:13:18.000Z",
  started_at: "2026-09-21T14:13:19.000Z",
  finished_at: "2026-09-21T14:13:20.250Z",
  reason_code: null,
};
const TYP = "dpp-receipt+jwt";
const mine = await newReceiptKey();
const other = await newReceiptKey();
const keys = [mine, other].map((key) => publicKey.parse(key));
const text = (value: unknown) => Buffer.from(typeof value === "string" ? value : canonicalJson(value));
const encoded = (value: unknown) => text(value).toString("base64url");

const signed = (payload: unknown = CLAIMS, typ = TYP) => createSigner(mine).sign(text(payload).toString(), typ);
const parts = (token: string) => token.split(".") as [string, string, string];

/** Signed under a header of one's own making. */
async function forged(header: { alg: string; kid?: string; typ?: string }, key: PrivateKey = mine): Promise<string> {
  return new CompactSign(text(CLAIMS)).setProtectedHeader(header).sign(await importJWK(key, "EdDSA"));
}

const faultOf = async (token: string, more: { readonly result?: Uint8Array } = {}) => {
  const report = await verifyReceipt({ text: token, keys, ...more });
  const { verified, fault } = report.json as { verified: boolean; fault?: string };
  expect([verified, report.exit_code]).toEqual([fault === undefined, fault === undefined ? undefined : 1]);
  if (fault !== undefined) expect(report.text).toMatch(new RegExp(`^NOT VERIFIED \\(${fault}\\): .{20,}\\.$`));
  return fault;
};

describe("a receipt verifies", () => {
  it("as the edge signs it, bare, with space around it, or in the edge's answer", async () => {
    const token = await signed();
    for (const given of [token, `\n${token}\n`, JSON.stringify({ receipt: token, jwks_uri: "https://api.example/" })]) {
      expect(await faultOf(given)).toBeUndefined();
    }
    const { json, text: said } = await verifyReceipt({ text: token, keys, result: RESULT });
    expect(json).toEqual({ verified: true, kid: mine.kid, claims: CLAIMS });
    expect(said).toContain("0.123456 USD of 1.0000 USD reserved");
    expect(said).toContain("is the one that the receipt is about");
  });

  it("with claims that came after this version, which it leaves out", async () => {
    const { json } = await verifyReceipt({ text: await signed({ ...CLAIMS, region: "eu" }), keys });
    expect(json).toEqual({ verified: true, kid: mine.kid, claims: CLAIMS });
  });

  it("and is the same to the byte each time it is signed", async () => {
    expect(await signed()).toBe(await signed());
  });
});

describe("a receipt does not verify", () => {
  it.each([
    "",
    "x",
    "a.b",
    "a.b.c.d",
    "{}",
    '{"receipt":7}',
    "{",
    "[]",
    "e30.e30.e30",
    "!!.!!.!!",
    "eyJhbGciOjF9.e30.e30",
  ])("when it is %j", async (given) => {
    expect(await faultOf(given)).toBe("not-a-jws");
  });

  it("when any part of what was signed was changed", async () => {
    const [header, payload, signature] = parts(await signed());
    const cheaper = encoded({ ...CLAIMS, charged_usd: "0.0100" });
    const spaced = encoded(JSON.stringify(CLAIMS, undefined, 1));
    const relabelled = encoded({ alg: "EdDSA", kid: mine.kid, typ: TYP, x: 1 });
    const turned = (signature.startsWith("A") ? "B" : "A") + signature.slice(1);
    for (const token of [
      `${header}.${cheaper}.${signature}`,
      `${header}.${spaced}.${signature}`,
      `${relabelled}.${payload}.${signature}`,
      `${header}.${payload}.${turned}`,
      `${header}.${payload}.${signature.slice(0, -4)}`,
      `${header}.${payload}.`,
    ]) {
      expect(await faultOf(token), token).toBe("bad-signature");
    }
  });

  it("when another key signed it under this one's name, or a key that nobody knows", async () => {
    expect(await faultOf(await forged({ alg: "EdDSA", kid: mine.kid, typ: TYP }, other))).toBe("bad-signature");
    const stranger = await newReceiptKey();
    expect(await faultOf(await createSigner(stranger).sign(canonicalJson(CLAIMS), TYP))).toBe("unknown-key");
    expect(await faultOf(await forged({ alg: "EdDSA", typ: TYP }))).toBe("unknown-key");
  });

  it("when it is a token of another kind by the same key", async () => {
    for (const typ of ["JWT", "at+jwt", "dpp-receipt"])
      expect(await faultOf(await signed(CLAIMS, typ))).toBe("wrong-type");
    expect(await faultOf(await forged({ alg: "EdDSA", kid: mine.kid }))).toBe("wrong-type");
  });

  it("when it names no algorithm, or one by which the public key would be a secret", async () => {
    for (const alg of ["none", "HS256", "eddsa"]) {
      const [, payload, signature] = parts(await signed());
      const header = encoded({ alg, kid: mine.kid, typ: TYP });
      for (const end of [signature, ""]) expect(await faultOf(`${header}.${payload}.${end}`)).toBe("wrong-algorithm");
    }
  });

  it("when what is signed is no receipt", async () => {
    const { charged_usd: _, ...without } = CLAIMS;
    for (const claims of [
      {},
      without,
      { ...CLAIMS, status: "EXPIRED" },
      { ...CLAIMS, status: "FAILED" },
      { ...CLAIMS, iat: CLAIMS.iat + 1 },
      { ...CLAIMS, charged_usd: "1.000001" },
      { ...CLAIMS, result_sha256: null },
      "no JSON",
    ]) {
      expect(await faultOf(await signed(claims)), JSON.stringify(claims)).toBe("wrong-claims");
    }
  });

  it("for a result that is not its own", async () => {
    const token = await signed();
    const failed = { ...CLAIMS, status: "FAILED", result_sha256: null, result_bytes: null, reason_code: "NO_LUCK" };
    expect(await faultOf(token, { result: Buffer.from('{"data":"worth It"}') })).toBe("other-result");
    expect(await faultOf(token, { result: Buffer.concat([RESULT, Buffer.from("\n")]) })).toBe("other-result");
    expect(await faultOf(await signed(failed), { result: RESULT })).toBe("other-result");
  });
});
