import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";

const ALGORITHM = "AWS4-HMAC-SHA256";
const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRES_S = 604_800;

export interface Credentials {
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface ReceivedRequest {
  method: string;
  /** Path and query exactly as received. */
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What AWS would refuse with; `extra` are further elements of the S3 error document. */
export interface Fault {
  status: number;
  code: string;
  message: string;
  extra?: Record<string, string>;
}

interface Signature {
  presigned: boolean;
  credential: string;
  signedHeaders: string[];
  signature: string;
  date: string;
}

type Pairs = [string, string][];

const fault = (code: string, message: string, status = 403, extra?: Record<string, string>): Fault => ({
  status,
  code,
  message,
  ...(extra && { extra }),
});

const sha256 = (data: Buffer | string): string => createHash("sha256").update(data).digest("hex");

/** A `+` is itself, as in RFC 3986: a space is written as `%20`, which every store reads alike. */
function queryPairs(query: string): Pairs {
  const decode = (part: string): string => decodeURIComponent(part);
  return query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const equals = part.indexOf("=");
      return equals < 0 ? [decode(part), ""] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
    });
}

const IN_QUERY = ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"].map(
  (name) => `X-Amz-${name}`,
);

function fromQuery(query: Pairs): Signature | Fault {
  const params = new Map(query);
  const code = "AuthorizationQueryParametersError";
  if (IN_QUERY.some((name) => !params.has(name))) {
    const names = IN_QUERY.join(", ");
    return fault(code, `Query-string authentication version 4 requires the ${names} parameters.`, 400);
  }
  if (params.get("X-Amz-Algorithm") !== ALGORITHM)
    return fault(code, `X-Amz-Algorithm only supports "${ALGORITHM}"`, 400);
  return {
    presigned: true,
    credential: params.get("X-Amz-Credential") ?? "",
    signedHeaders: (params.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature: params.get("X-Amz-Signature") ?? "",
    date: params.get("X-Amz-Date") ?? "",
  };
}

function fromHeader(headers: IncomingHttpHeaders): Signature | undefined {
  const value = headers.authorization ?? "";
  if (!value.startsWith(`${ALGORITHM} `)) return undefined;
  const fields = value.slice(ALGORITHM.length + 1).split(",");
  const parts = new Map(fields.map((field) => field.trim().split("=", 2) as [string, string]));
  return {
    presigned: false,
    credential: parts.get("Credential") ?? "",
    signedHeaders: (parts.get("SignedHeaders") ?? "").split(";"),
    signature: parts.get("Signature") ?? "",
    date: String(headers["x-amz-date"] ?? ""),
  };
}

function epochMs(amzDate: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? [];
  return y ? Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s)) : Number.NaN;
}

function timeFault(sig: Signature, query: Pairs, nowMs: number): Fault | undefined {
  const signedMs = epochMs(sig.date);
  if (Number.isNaN(signedMs))
    return fault("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  const serverTime = new Date(nowMs).toISOString();
  if (!sig.presigned) {
    if (Math.abs(nowMs - signedMs) <= MAX_SKEW_MS) return undefined;
    const message = "The difference between the request time and the current time is too large.";
    const extra = { RequestTime: sig.date, ServerTime: serverTime, MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS) };
    return fault("RequestTimeTooSkewed", message, 403, extra);
  }
  const expires = new Map(query).get("X-Amz-Expires") ?? "";
  const code = "AuthorizationQueryParametersError";
  if (!/^-?\d+$/.test(expires)) return fault(code, "X-Amz-Expires should be a number", 400);
  if (Number(expires) < 0) return fault(code, "X-Amz-Expires must be non-negative", 400);
  if (Number(expires) > MAX_EXPIRES_S) {
    const week =
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than";
    return fault(code, `${week} 604800 seconds`, 400);
  }
  if (signedMs > nowMs + MAX_SKEW_MS) return fault("AccessDenied", "Request is not valid yet");
  const untilMs = signedMs + Number(expires) * 1000;
  if (nowMs <= untilMs) return undefined;
  const extra = { "X-Amz-Expires": expires, Expires: new Date(untilMs).toISOString(), ServerTime: serverTime };
  return fault("AccessDenied", "Request has expired", 403, extra);
}

// Signed bodies are S3's alone to leave unhashed; every other service signs the hash of what it receives.
function payloadHash(request: ReceivedRequest, service: string, presigned: boolean): string | Fault {
  const declared = request.headers["x-amz-content-sha256"];
  const actual = sha256(request.body);
  if (service !== "s3") return actual;
  if (typeof declared !== "string") {
    if (presigned) return "UNSIGNED-PAYLOAD";
    return fault("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400);
  }
  if (declared === "UNSIGNED-PAYLOAD" || declared.startsWith("STREAMING-")) return declared;
  if (!/^[0-9a-f]{64}$/.test(declared)) {
    const values = "UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD or a valid sha256 value";
    return fault("InvalidArgument", `x-amz-content-sha256 must be ${values}.`, 400);
  }
  if (declared === actual) return declared;
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  const extra = { ClientComputedContentSHA256: declared, S3ComputedContentSHA256: actual };
  return fault("XAmzContentSHA256Mismatch", message, 400, extra);
}

function scopeFault(sig: Signature, expected: Credentials, service: string): Fault | undefined {
  const [accessKeyId, day, region, scopeService, end] = sig.credential.split("/");
  if (accessKeyId !== expected.accessKeyId) {
    return fault("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
  }
  if (
    day !== sig.date.slice(0, 8) ||
    region !== expected.region ||
    scopeService !== service ||
    end !== "aws4_request"
  ) {
    return fault("SignatureDoesNotMatch", `Credential should be scoped to ${expected.region}/${service}/aws4_request.`);
  }
  if (sig.signedHeaders.includes("host")) return undefined;
  return fault("AccessDenied", "The host header must be signed.");
}

/** S3 takes none of its own headers that whoever signed the request did not see. */
function unsignedFault(request: ReceivedRequest, sig: Signature): Fault | undefined {
  const unsigned = Object.keys(request.headers).filter(
    (name) => name.startsWith("x-amz-") && !sig.signedHeaders.includes(name) && name !== "x-amz-content-sha256",
  );
  if (unsigned.length === 0) return undefined;
  const message = "There were headers present in the request which were not signed";
  return fault("AccessDenied", message, 403, { HeadersNotSigned: unsigned.join(", ") });
}

function sameHex(given: string, wanted: string): boolean {
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}

const isFault = (value: Signature | Fault | string | undefined): value is Fault =>
  typeof value === "object" && "code" in value;

/** Two ways to say who asks are one too many: clients that follow a redirect with their `Authorization` are told so. */
function signatureOf(request: ReceivedRequest, query: Pairs): Signature | Fault {
  const { authorization } = request.headers;
  const presigned = query.some(([name]) => IN_QUERY.includes(name) || name === "Signature");
  if (presigned && authorization !== undefined) {
    const message =
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified";
    const extra = { ArgumentName: "Authorization", ArgumentValue: authorization };
    return fault("InvalidArgument", message, 400, extra);
  }
  if (presigned) return fromQuery(query);
  if (authorization === undefined) return fault("AccessDenied", "Access Denied");
  const found = fromHeader(request.headers);
  if (found !== undefined) return found;
  const extra = { ArgumentName: "Authorization", ArgumentValue: authorization };
  return fault("InvalidArgument", "Unsupported Authorization Type", 400, extra);
}

/** SHA-256 as the signer wants it. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

const encodePath = (path: string): string =>
  decodeURIComponent(path)
    .split("/")
    .map((part) =>
      encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join("/");

/** The request as its sender signed it: with the headers that it names, and without what the signature adds. */
function signedPart(request: ReceivedRequest, path: string, pairs: Pairs, sig: Signature, hash: string) {
  const headers: Record<string, string> = { "x-amz-content-sha256": hash };
  for (const name of sig.signedHeaders) headers[name] = [request.headers[name] ?? ""].flat().join(",");
  const query: Record<string, string[]> = {};
  for (const [name, value] of pairs) if (!sig.presigned || !IN_QUERY.includes(name)) (query[name] ??= []).push(value);
  return { method: request.method, protocol: "http:", hostname: "", path, query, headers };
}

/**
 * AWS Signature Version 4, header and query form ("Authenticating Requests", Amazon S3 API Reference): what AWS's own
 * signer makes of the same request must be what was sent. The chunk signatures of STREAMING-AWS4-HMAC-SHA256-PAYLOAD are
 * not verified, only the seed that the headers carry.
 */
export function sigV4Check(
  expected: Credentials,
): (request: ReceivedRequest, service: string, nowMs: number) => Promise<Fault | undefined> {
  const { region } = expected;
  const common = { credentials: expected, region, sha256: Sha256, applyChecksum: false };
  const signers = {
    s3: new SignatureV4({ ...common, service: "s3", uriEscapePath: false }),
    sqs: new SignatureV4({ ...common, service: "sqs" }),
  };
  return async (request, service, nowMs) => {
    const [path = "/", ...rest] = request.target.split("?");
    const query = queryPairs(rest.join("?"));
    const sig = signatureOf(request, query);
    if (isFault(sig)) return sig;
    const early =
      scopeFault(sig, expected, service) ??
      timeFault(sig, query, nowMs) ??
      (service === "s3" ? unsignedFault(request, sig) : undefined);
    if (early) return early;
    const hash = payloadHash(request, service, sig.presigned);
    if (isFault(hash)) return hash;
    const signer = service === "s3" ? signers.s3 : signers.sqs;
    const wanted = await signatureBy(signer, signedPart(request, encodePath(path), query, sig, hash), sig, query);
    if (sameHex(sig.signature, wanted)) return undefined;
    return fault(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  };
}

async function signatureBy(
  signer: SignatureV4,
  part: ReturnType<typeof signedPart>,
  sig: Signature,
  query: Pairs,
): Promise<string> {
  const hash = "x-amz-content-sha256";
  const signingDate = new Date(epochMs(sig.date));
  const signableHeaders = new Set(sig.signedHeaders);
  const unsignableHeaders = new Set(sig.signedHeaders.includes(hash) ? [] : [hash]);
  if (!sig.presigned) {
    const { headers } = await signer.sign(part, { signingDate, signableHeaders, unsignableHeaders });
    return /Signature=(\w+)/.exec(headers["authorization"] ?? "")?.[1] ?? "";
  }
  const expiresIn = Number(new Map(query).get("X-Amz-Expires"));
  const unhoistableHeaders = new Set([hash, ...sig.signedHeaders]);
  const presigned = await signer.presign(part, {
    signingDate,
    expiresIn,
    signableHeaders,
    unsignableHeaders,
    unhoistableHeaders,
  });
  return String(presigned.query?.["X-Amz-Signature"] ?? "");
}
