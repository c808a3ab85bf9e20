import { type AwsEmulator, forward, type Reply } from "./aws-emulator.ts";
import type { Fault, ReceivedRequest } from "./sigv4-check.ts";

const CONDITIONS = new Set(["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range"]);
const KEPT_BY_304 = new Set(["etag", "last-modified", "cache-control", "expires"]);

/** GetObject and HeadObject with the conditions and ranges of RFC 9110 as S3 follows them; the emulator has its own. */
export async function readObject(app: AwsEmulator, request: ReceivedRequest): Promise<Reply | Fault> {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !CONDITIONS.has(name)));
  const found = await forward(app, { ...request, headers });
  const { etag } = found.headers;
  if (found.status !== 200 || etag === undefined) return found;
  const reply = withOverrides(found, request.target);
  reply.headers["accept-ranges"] = "bytes";
  const verdict = conditionOf(request.headers, etag, Date.parse(reply.headers["last-modified"] ?? ""));
  if (verdict === 412)
    return {
      status: 412,
      code: "PreconditionFailed",
      message: "At least one of the pre-conditions you specified did not hold",
    };
  if (verdict === 304) {
    const kept = Object.entries(reply.headers).filter(([name]) => KEPT_BY_304.has(name));
    return { status: 304, headers: Object.fromEntries(kept), body: Buffer.alloc(0) };
  }
  return ranged(request, reply);
}

/** Headers of a response to GET that its address may replace (GetObject, Request Syntax). */
const OVERRIDES = [
  "content-type",
  "content-language",
  "expires",
  "cache-control",
  "content-disposition",
  "content-encoding",
] as const;

function withOverrides(reply: Reply, target: string): Reply {
  const asked = new URL(target, "http://s3.invalid").searchParams;
  const replaced = OVERRIDES.flatMap((name) => {
    const value = asked.get(`response-${name}`);
    return value === null ? [] : [[name, value] as const];
  });
  return { ...reply, headers: { ...reply.headers, ...Object.fromEntries(replaced) } };
}

type Headers = ReceivedRequest["headers"];

function conditionOf(headers: Headers, etag: string, modified_ms: number): 200 | 304 | 412 {
  const time = (name: string) => Date.parse(String(headers[name]));
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined && !names(ifMatch, etag)) return 412;
  if (ifMatch === undefined && modified_ms > time("if-unmodified-since")) return 412;
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined) return names(ifNoneMatch, etag) ? 304 : 200;
  return modified_ms <= time("if-modified-since") ? 304 : 200;
}

/** Whether a list of entity tags has this one; S3 takes them without quotes too. */
export function names(list: string, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, "").replaceAll('"', "");
  return list.split(",").some((tag) => tag.trim() === "*" || bare(tag) === bare(etag));
}

/** A range that is none, or several, is ignored; one beyond the end is refused. */
function ranged({ method, headers }: ReceivedRequest, reply: Reply): Reply | Fault {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "") ?? [];
  const size = Number(reply.headers["content-length"]);
  if ((first === "" && last === "") || (first !== "" && last !== "" && Number(last) < Number(first))) return reply;
  const begin = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (begin > end) {
    const extra = { RangeRequested: String(headers.range), ActualObjectSize: String(size) };
    return { status: 416, code: "InvalidRange", message: "The requested range is not satisfiable", extra };
  }
  return {
    status: 206,
    headers: {
      ...reply.headers,
      "content-length": String(end - begin + 1),
      "content-range": `bytes ${begin}-${end}/${size}`,
    },
    body: method === "HEAD" ? reply.body : reply.body.subarray(begin, end + 1),
  };
}
