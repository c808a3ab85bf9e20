import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Fault, ReceivedRequest } from "./sigv4-check.ts";

const MAX_KEY_BYTES = 1_024;
const MAX_METADATA_BYTES = 2_048;
const MAX_DELETED = 1_000;
const META = "x-amz-meta-";
const CHECKSUM = "x-amz-checksum-";

const fault = (status: number, code: string, message: string, extra?: Record<string, string>): Fault => ({
  status,
  code,
  message,
  ...(extra && { extra }),
});
const digest = (algorithm: string) => (body: Buffer) => createHash(algorithm).update(body).digest("base64");

const CHECKSUMS: Readonly<Record<string, (body: Buffer) => string>> = {
  crc32: (body) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return sum.toString("base64");
  },
  sha1: digest("sha1"),
  sha256: digest("sha256"),
};

/** What S3 refuses whatever is stored: "PutObject", "DeleteObjects" and "Naming objects" of its documentation. */
export function limitFault(request: ReceivedRequest, key: string): Fault | undefined {
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY_BYTES) {
    const extra = { Size: String(size), MaxSizeAllowed: String(MAX_KEY_BYTES) };
    return fault(400, "KeyTooLongError", "Your key is too long", extra);
  }
  if (request.method === "PUT") return putFault(request);
  return request.method === "POST" && /[?&]delete\b/.test(request.target) ? deletesFault(request) : undefined;
}

function putFault(request: ReceivedRequest): Fault | undefined {
  const streamed = String(request.headers["x-amz-content-sha256"]).startsWith("STREAMING-");
  if (!streamed && request.headers["content-length"] === undefined)
    return fault(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  const metadata = Object.entries(request.headers).filter(([name]) => name.startsWith(META));
  const bytes = metadata.map(([name, value]) => name.slice(META.length) + [value ?? ""].flat().join(","));
  const size = Buffer.byteLength(bytes.join(""));
  if (size > MAX_METADATA_BYTES) {
    const message = "Your metadata headers exceed the maximum allowed metadata size";
    return fault(400, "MetadataTooLarge", message, { Size: String(size), MaxSizeAllowed: String(MAX_METADATA_BYTES) });
  }
  return streamed ? streamFault(request) : digestFault(request.headers, request.body);
}

function deletesFault({ headers, body }: ReceivedRequest): Fault | undefined {
  const isSummed = Object.keys(headers).some((name) => name === "content-md5" || name.startsWith(CHECKSUM));
  if (!isSummed) {
    const message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
    return fault(400, "InvalidRequest", message);
  }
  if ((body.toString().match(/<Object>/g) ?? []).length > MAX_DELETED) {
    const message = "The XML you provided was not well-formed or did not validate against our published schema";
    return fault(400, "MalformedXML", message);
  }
  return digestFault(headers, body);
}

/** What is sent in chunks tells its true size before, and may have a checksum behind. */
function streamFault({ headers, body }: ReceivedRequest): Fault | undefined {
  const said = headers["x-amz-decoded-content-length"];
  if (said === undefined)
    return fault(411, "MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.");
  const { data, trailer } = decoded(body);
  if (data === undefined || data.length !== Number(said)) {
    const message = "You did not provide the number of bytes specified by the Content-Length HTTP header.";
    return fault(400, "IncompleteBody", message);
  }
  const promised = headers["x-amz-trailer"];
  if (typeof promised === "string" && trailer[promised] === undefined)
    return fault(400, "MalformedTrailerError", "The request contained trailing data that was not well-formed.");
  return digestFault({ ...headers, ...trailer }, data);
}

interface Decoded {
  readonly data: Buffer | undefined;
  readonly trailer: Record<string, string>;
}

/** The bytes within aws-chunked; none where it ends too soon. */
function decoded(body: Buffer): Decoded {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const line = body.indexOf("\r\n", at);
    if (line < 0) return { data: undefined, trailer: {} };
    const size = Number.parseInt(body.toString("latin1", at, line), 16);
    const begin = line + 2;
    if (size === 0) {
      const lines = body.toString("latin1", begin).split("\r\n");
      const pairs = lines.flatMap((text) => {
        const colon = text.indexOf(":");
        return colon < 0 ? [] : [[text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()] as const];
      });
      return { data: Buffer.concat(chunks), trailer: Object.fromEntries(pairs) };
    }
    if (!(size > 0) || begin + size > body.length) return { data: undefined, trailer: {} };
    chunks.push(body.subarray(begin, begin + size));
    at = begin + size + 2;
  }
}

function digestFault(headers: ReceivedRequest["headers"], body: Buffer): Fault | undefined {
  const md5 = headers["content-md5"];
  if (md5 !== undefined) {
    if (Buffer.from(String(md5), "base64").length !== 16)
      return fault(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
    const CalculatedDigest = digest("md5")(body);
    if (CalculatedDigest !== md5) {
      const extra = { ExpectedDigest: String(md5), CalculatedDigest };
      return fault(400, "BadDigest", "The Content-MD5 you specified did not match what we received.", extra);
    }
  }
  const sums = Object.entries(headers).filter(([name]) => /^x-amz-checksum-(?!mode|type|algorithm)/.test(name));
  if (sums.length > 1)
    return fault(
      400,
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  const [sum] = sums;
  return sum && checksumFault(sum[0].slice(CHECKSUM.length), String(sum[1]), body);
}

function checksumFault(algorithm: string, value: string, body: Buffer): Fault | undefined {
  const sum = CHECKSUMS[algorithm];
  // A sum that is not verified here is refused instead of believed.
  if (sum === undefined) {
    const message = "A header you provided implies functionality that is not implemented";
    return fault(501, "NotImplemented", message, { Header: CHECKSUM + algorithm });
  }
  const wanted = sum(body);
  if (Buffer.from(value, "base64").toString("base64") !== value || value.length !== wanted.length)
    return fault(400, "InvalidRequest", `Value for ${CHECKSUM}${algorithm} header is invalid.`);
  if (wanted === value) return undefined;
  const name = algorithm.toUpperCase();
  return fault(400, "BadDigest", `The ${name} you specified did not match the calculated checksum.`);
}
