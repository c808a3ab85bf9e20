import { mkdtempSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJson } from "#core/domain/idempotency.ts";
import { payloadHash } from "#core/domain/run-request.ts";
import { type PrivateKey, privateKey, publicKey } from "#core/domain/receipt-key.ts";
import { createSigner } from "../../edge/drivers/signer.ts";
import { startHttpFront, sendJson } from "../dev/http-front.ts";
import { keptReceiptKey } from "../dev/receipt-key.ts";
import { type CliWorld, createCliWorld } from "./support/cli-world.ts";

const CLAIMS = {
  iss: "https://api.example",
  iat: 1_790_000_000,
  sub: "01a1fa37-24d5-77a5-b92c-ccf601371541",
  tenant_id: "0b7e4f0a-6c43-4f0a-9a0c-5a3f6f6f8a11",
  pack_type: "decision",
  pack_version: "1.0.0",
  status: "FAILED",
  payload_sha256: "ab".repeat(32),
  result_sha256: null,
  result_bytes: null,
  reserved_usd: "1.0000",
  charged_usd: "0.0200",
  minimum_fee_usd: "0.0200",
  created_at: "2026-09-21T14:13:18.000Z",
  started_at: "2026-09-21T14:13:19.000Z",
  finished_at: "2026-09-21T14:13:20.250Z",
  reason_code: "NO_LUCK",
};

let cli: CliWorld;
let cwd: string;
let key: PrivateKey;
let keys: string;
let receipt: string;

/** The command where there is no database, no development stack and no environment. */
const dpp = (...args: string[]) => cli.run(args, { env: { DPP_DEV_DIR: join(cwd, ".dev") } });
const file = (name: string, text: string): string => {
  const path = join(cwd, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(async () => {
  cli = await createCliWorld();
  cwd = mkdtempSync(join(cli.directory, "receipts-"));
  const made = await dpp("receipt", "new-key");
  expect(made).toMatchObject({ code: 0, err: "" });
  key = privateKey.parse(JSON.parse(made.out));
  keys = file("keys.json", JSON.stringify({ keys: [publicKey.parse(key)] }));
  receipt = file("receipt.jws", await createSigner(key).sign(canonicalJson(CLAIMS), "dpp-receipt+jwt"));
});
afterAll(() => cli.close());

describe("dpp receipt", () => {
  it("makes a key that is new each time and named by its thumbprint", async () => {
    const { out } = await dpp("receipt", "new-key", "--json");
    const other = privateKey.parse(JSON.parse(out));
    expect(other.kid).toMatch(/^[\w-]{43}$/);
    expect([other.kid === key.kid, other.d === key.d]).toEqual([false, false]);
  });

  it("verifies with a file of keys alone and shows what the receipt says", async () => {
    const { code, out, err } = await dpp("receipt", "verify", receipt, "--jwks", keys);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^The receipt is genuine\.\n/);
    expect(out).toMatch(/status +FAILED, NO_LUCK\n/);
    const json = await dpp("receipt", "verify", receipt, "--jwks", keys, "--json");
    expect(JSON.parse(json.out)).toEqual({ verified: true, kid: key.kid, claims: CLAIMS });
  });

  it("ends with 1 for a receipt that was changed, and says so to people and programs", async () => {
    const [header, , signature] = (await createSigner(key).sign(canonicalJson(CLAIMS), "dpp-receipt+jwt")).split(".");
    const cheaper = Buffer.from(canonicalJson({ ...CLAIMS, charged_usd: "0.0100" })).toString("base64url");
    const name = file("cheaper.jws", `${header}.${cheaper}.${signature}`);
    const result = await dpp("receipt", "verify", name, "--jwks", keys);
    expect(result).toMatchObject({ code: 1, out: expect.stringMatching(/^NOT VERIFIED \(bad-signature\): /) });
    const json = await dpp("receipt", "verify", name, "--jwks", keys, "--json");
    expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { verified: false, fault: "bad-signature" }]);
  });

  it("says what it could not read, with code 1", async () => {
    for (const [args, words] of [
      [[join(cwd, "nowhere.jws"), "--jwks", keys], /nowhere\.jws cannot be read/],
      [[receipt, "--jwks", receipt], /receipt\.jws holds no JSON/],
      [[receipt, "--jwks", file("list.json", "[]")], /list\.json holds no JWK Set/],
      [[receipt, "--jwks", file("none.json", '{"keys":[{"kty":"RSA"}]}')], /holds no Ed25519 key/],
      [[receipt, "--jwks", "http://127.0.0.1:1/jwks.json"], /could not be fetched/],
      [[receipt], /give the public keys with --jwks FILE or URL, or in DPP_JWKS/],
    ] as const) {
      const { code, out, err } = await dpp("receipt", "verify", ...args);
      expect({ code, out }, args.join(" ")).toEqual({ code: 1, out: "" });
      expect(err).toMatch(words);
    }
  });

  it("compares the body that was submitted, however it is written", async () => {
    const body = { pack_type: "char", inputs: { name: "Ada" }, max_cost_usd: "0.01" };
    const claims = { ...CLAIMS, payload_sha256: payloadHash(body) };
    const signed = file("of-a-body.jws", await createSigner(key).sign(canonicalJson(claims), "dpp-receipt+jwt"));
    const verify = (name: string, request: unknown) =>
      dpp("receipt", "verify", signed, "--jwks", keys, "--request", file(name, JSON.stringify(request, null, 2)));
    const right = await verify("right.json", { timebox_sec: 90, ...body, max_cost_usd: "0.0100" });
    expect([right.code, right.out]).toEqual([
      0,
      expect.stringMatching(/request +is the one that the receipt is about/),
    ]);
    for (const other of [{ ...body, max_cost_usd: "0.02" }, { ...body, inputs: {} }, []]) {
      const wrong = await verify("wrong.json", other);
      expect([wrong.code, wrong.out]).toEqual([1, expect.stringContaining("NOT VERIFIED (other-request)")]);
    }
  });

  it("takes the keys of DPP_JWKS where none are named", async () => {
    const edge = await startHttpFront(async ({ url }, _body, response) => {
      if (url === "/.well-known/jwks.json") sendJson(response, 200, { keys: [publicKey.parse(key)] });
      else sendJson(response, 404, {});
    });
    try {
      const env = { DPP_JWKS: `${edge.url}/.well-known/jwks.json` };
      const { code, out } = await cli.run(["receipt", "verify", receipt], { env });
      expect([code, out]).toEqual([0, expect.stringContaining("The receipt is genuine.")]);
    } finally {
      await edge.stop();
    }
  });
});

it("the development stack's key is made once and is its owner's alone", async () => {
  const path = join(cwd, "receipt-key.json");
  const made = await keptReceiptKey(path);
  expect(await keptReceiptKey(path)).toBe(made);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
