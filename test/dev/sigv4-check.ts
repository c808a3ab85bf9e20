import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

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
const hmac = (key: Buffer | string, data: string): Buffer => createHmac("sha256", key).update(data).digest();

function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function queryPairs(query: string): Pairs {
  const decode = (part: string): string => decodeURIComponent(part.replaceAll("+", " "));
  return query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const equals = part.indexOf("=");
      return equals < 0 ? [decode(part), ""] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
    });
}

function fromQuery(query: Pairs): Signature {
  const params = new Map(query);
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
    return fault("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");
  }
  const expires = new Map(query).get("X-Amz-Expires") ?? "";
  if (!/^\d+$/.test(expires) || Number(expires) > MAX_EXPIRES_S) {
    return fault("AuthorizationQueryParametersError", "X-Amz-Expires must be between 0 and 604800 seconds", 400);
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
  if (service !== "s3") return sha256(request.body);
  if (typeof declared !== "string") {
    if (presigned) return "UNSIGNED-PAYLOAD";
    return fault("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400);
  }
  if (declared === "UNSIGNED-PAYLOAD" || declared.startsWith("STREAMING-")) return declared;
  if (declared === sha256(request.body)) return declared;
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  return fault("XAmzContentSHA256Mismatch", message, 400);
}

function canonicalRequest(
  request: ReceivedRequest,
  path: string,
  query: Pairs,
  sig: Signature,
  hash: string,
  service: string,
): string {
  const unencoded = service === "s3" ? decodeURIComponent(path) : path;
  const uri = unencoded.split("/").map(percentEncode).join("/");
  const canonicalQuery = query
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]): [string, string] => [percentEncode(name), percentEncode(value)])
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join("="))
    .join("&");
  const headers = sig.signedHeaders.map((name) => {
    const value = request.headers[name];
    const text = Array.isArray(value) ? value.join(",") : (value ?? "");
    return `${name}:${text.trim().replace(/ +/g, " ")}\n`;
  });
  return [request.method, uri, canonicalQuery, headers.join(""), sig.signedHeaders.join(";"), hash].join("\n");
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

function sameHex(given: string, wanted: string): boolean {
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}

/**
 * AWS Signature Version 4, header and query form ("Authenticating Requests", Amazon S3 API Reference). The chunk
 * signatures of STREAMING-AWS4-HMAC-SHA256-PAYLOAD are not verified, only the seed that the headers carry.
 */
export function sigV4Check(
  expected: Credentials,
): (request: ReceivedRequest, service: string, nowMs: number) => Fault | undefined {
  const keys = new Map<string, Buffer>();
  const signingKey = (day: string, service: string): Buffer => {
    const name = `${day}/${service}`;
    const steps = [day, expected.region, service, "aws4_request"];
    const key =
      keys.get(name) ??
      steps.reduce<Buffer>((k, step) => hmac(k, step), Buffer.from(`AWS4${expected.secretAccessKey}`));
    return keys.set(name, key).get(name) ?? key;
  };
  return (request, service, nowMs) => {
    const mark = request.target.indexOf("?");
    const path = mark < 0 ? request.target : request.target.slice(0, mark);
    const query = mark < 0 ? [] : queryPairs(request.target.slice(mark + 1));
    const presigned = query.some(([name]) => name === "X-Amz-Signature");
    const sig = presigned ? fromQuery(query) : fromHeader(request.headers);
    if (!sig) return fault("AccessDenied", "Access Denied");
    const early = scopeFault(sig, expected, service) ?? timeFault(sig, query, nowMs);
    if (early) return early;
    const hash = payloadHash(request, service, presigned);
    if (typeof hash !== "string") return hash;
    const day = sig.date.slice(0, 8);
    const scope = `${day}/${expected.region}/${service}/aws4_request`;
    const canonical = canonicalRequest(request, path, query, sig, hash, service);
    const wanted = hmac(signingKey(day, service), [ALGORITHM, sig.date, scope, sha256(canonical)].join("\n")).toString(
      "hex",
    );
    if (sameHex(sig.signature, wanted)) return undefined;
    return fault(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  };
}
