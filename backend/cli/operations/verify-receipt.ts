import { compactVerify, decodeProtectedHeader, errors, importJWK } from "jose";
import { z } from "zod";
import { sha256Hex } from "#core/domain/hash.ts";
import type { PublicKey } from "#core/domain/receipt-key.ts";
import { payloadHash } from "#core/domain/run-request.ts";
import { RECEIPT_ALG, RECEIPT_TYP, type ReceiptClaims, receiptClaims } from "#core/domain/signed-receipt.ts";
import type { Report } from "../operator.ts";
import { fields } from "../text.ts";

const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const response = z.object({ receipt: z.string() });
const header = z.object({ alg: z.string(), typ: z.string().optional(), kid: z.string().optional() });

const FAULTS = {
  "not-a-jws": "it is neither a compact JWS nor the answer that holds one as `receipt`",
  "wrong-algorithm": `its header does not name the algorithm ${RECEIPT_ALG}, so that nothing of it is believed`,
  "wrong-type": `it is a token of another kind: its header does not name the typ ${RECEIPT_TYP}`,
  "unknown-key": "none of the keys has the kid that its header names",
  "bad-signature": "the signature is wrong: the receipt was changed since it was signed, or signed with another key",
  "wrong-claims": "it is signed, but what it says is not what a receipt says",
  "other-request": "the receipt is genuine, but the request is not the one that it is about",
  "other-result": "the receipt is genuine, but the result is not the one that it is about",
} as const;
type FaultName = keyof typeof FAULTS;

/** Why something does not verify. */
class Unverified extends Error {
  override readonly name = "Unverified";
  readonly fault: FaultName;

  constructor(fault: FaultName, more = "") {
    super(`${FAULTS[fault]}${more}`);
    this.fault = fault;
  }
}

export interface Evidence {
  /** A compact JWS, or the JSON that the edge answers. */
  readonly text: string;
  readonly keys: readonly PublicKey[];
  /** A downloaded result that the receipt should be about. */
  readonly result?: Uint8Array;
  /** The JSON of the submit that it should be about. */
  readonly request?: string;
}

/** Whether a receipt is genuine, and what it says; exit code 1 where it is not. */
export async function verifyReceipt(evidence: Evidence): Promise<Report> {
  try {
    const { kid, claims } = await verified(evidence);
    if (evidence.request !== undefined) compareRequest(claims, evidence.request);
    if (evidence.result !== undefined) compareResult(claims, evidence.result);
    const is = "is the one that the receipt is about";
    const compared = {
      ...(evidence.request !== undefined && { request: is }),
      ...(evidence.result !== undefined && { result: is }),
    };
    return {
      text: `The receipt is genuine.\n\n${fields(Object.entries({ key: kid, ...words(claims), ...compared }))}`,
      json: { verified: true, kid, claims },
    };
  } catch (error) {
    if (!(error instanceof Unverified)) throw error;
    const { fault, message: detail } = error;
    return { text: `NOT VERIFIED (${fault}): ${detail}.`, json: { verified: false, fault, detail }, exit_code: 1 };
  }
}

async function verified({ text, keys }: Evidence): Promise<{ readonly kid: string; readonly claims: ReceiptClaims }> {
  const token = tokenOf(text);
  const { alg, typ, kid } = headerOf(token);
  if (alg !== RECEIPT_ALG) throw new Unverified("wrong-algorithm", ` (it names ${JSON.stringify(alg)})`);
  if (typ !== RECEIPT_TYP) throw new Unverified("wrong-type");
  const key = keys.find((each) => each.kid === kid);
  if (key === undefined) throw new Unverified("unknown-key", ` (${JSON.stringify(kid ?? null)})`);
  let payload: Uint8Array;
  try {
    ({ payload } = await compactVerify(token, await importJWK(key, RECEIPT_ALG), { algorithms: [RECEIPT_ALG] }));
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new Unverified("bad-signature");
  }
  const claims = receiptClaims.safeParse(jsonOf(new TextDecoder().decode(payload)));
  if (claims.success) return { kid: key.kid, claims: claims.data };
  const places = claims.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  throw new Unverified("wrong-claims", ` (${places.join("; ")})`);
}

function tokenOf(text: string): string {
  const trimmed = text.trim();
  const token = trimmed.startsWith("{") ? response.safeParse(jsonOf(trimmed)).data?.receipt : trimmed;
  if (token === undefined || !COMPACT.test(token)) throw new Unverified("not-a-jws");
  return token;
}

function headerOf(token: string): z.infer<typeof header> {
  try {
    return header.parse(decodeProtectedHeader(token));
  } catch {
    throw new Unverified("not-a-jws");
  }
}

/** Undefined for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function compareRequest({ payload_sha256 }: ReceiptClaims, request: string): void {
  const hash = payloadHash(jsonOf(request));
  if (hash === undefined) throw new Unverified("other-request", ": it is not a valid body of a submit");
  if (hash !== payload_sha256) throw new Unverified("other-request", ` (payload sha256 ${hash})`);
}

function compareResult({ result_sha256, result_bytes }: ReceiptClaims, result: Uint8Array): void {
  if (result_sha256 === null) throw new Unverified("other-result", ": its run ended without any");
  if (result.byteLength === result_bytes && sha256Hex(result) === result_sha256) return;
  throw new Unverified("other-result", ` (${result.byteLength} bytes, sha256 ${sha256Hex(result)})`);
}

const words = (claims: ReceiptClaims): Record<string, string> => ({
  issuer: claims.iss,
  run: claims.sub,
  tenant: claims.tenant_id,
  pack: `${claims.pack_type} ${claims.pack_version}`,
  status: claims.reason_code === null ? claims.status : `${claims.status}, ${claims.reason_code}`,
  charged: `${claims.charged_usd} USD of ${claims.reserved_usd} USD reserved (minimum fee ${claims.minimum_fee_usd} USD)`,
  "payload sha256": claims.payload_sha256,
  "result sha256":
    claims.result_sha256 === null ? "no result" : `${claims.result_sha256}, ${claims.result_bytes} bytes`,
  created: claims.created_at,
  started: claims.started_at ?? "never",
  finished: claims.finished_at,
});
