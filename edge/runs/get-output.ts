import { Problem } from "#core/domain/problem.ts";
import { RESULT_CONTENT_TYPE, resultDocument } from "#core/domain/result.ts";
import type { ObjectMetadata } from "#core/domain/object-metadata.ts";
import type { Clock } from "#core/ports/clock.ts";
import { checkReceipt, type StoredResult } from "#core/store/read-output.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import type { Parameter } from "../http/parameters.ts";
import { headerRef, RATE } from "../openapi/headers.ts";
import { type ByteRange, byteRange, namesTag } from "./byte-range.ts";
import { resultOf } from "./download.ts";
import { findOwnRun } from "./find-own-run.ts";
import { rangeNotSatisfiable } from "./problems.ts";
import { runIdParameter } from "./run-id.ts";

interface OutputDeps {
  readonly clock: Clock;
  readonly objects: {
    open(
      key: string,
      size_bytes: number,
      range?: ByteRange,
    ): Promise<{ readonly metadata: ObjectMetadata; readonly body: ReadableStream<Uint8Array> } | undefined>;
  };
}

const header = (description: string, example: string): Parameter<string | undefined> => ({
  parse: (value) => value,
  document: { description, schema: { type: "string" }, example },
});

const ETAG = `"${"9f86d081884c7d65".repeat(4)}"`;
const VALIDATORS = {
  ...RATE,
  ETag: headerRef("ResultETag"),
  "Accept-Ranges": headerRef("AcceptRanges"),
};

/** The bytes of a result (RFC 9110, 13 and 14). They never change, so that the hash names them, and no date is needed. */
export const getOutput = operation({
  id: "getOutput",
  method: "GET",
  path: "/v1/runs/{id}/output",
  scope: "read",
  tag: "runs",
  summary: "Get a run's output",
  description:
    "The result of a COMPLETED run, byte for byte as it is stored: what `result.sha256` is taken of. The ETag is that hash, in quotes; `Range` gives a part of it, and `If-None-Match` saves what is known already. A result has 8 MiB at most.",
  params: { id: runIdParameter },
  headers: {
    Range: header(
      "RFC 9110: one range of bytes. Anything else, such as several ranges, is ignored: the response is the whole result.",
      "bytes=0-1023",
    ),
    "If-None-Match": header(
      "Entity tags that are known already: the response is a 304 if the result's is one of them.",
      ETAG,
    ),
    "If-Range": header("Follow `Range` only if this is the result's entity tag.", ETAG),
  },
  responses: {
    200: { description: "The result.", schema: resultDocument, headers: VALIDATORS },
    206: {
      description: "The part that Range asks for; Content-Range says which it is.",
      content: { [RESULT_CONTENT_TYPE]: { schema: { type: "string" }, example: '{"artifacts":[' } },
      headers: { ...VALIDATORS, "Content-Range": headerRef("ContentRange") },
    },
    304: { description: "The result is known already.", headers: VALIDATORS },
  },
  problems: ["not-found", "run-not-completed", "result-expired", "range-not-satisfiable"],
  async handle(request, deps: ShieldDeps & OutputDeps) {
    const { c, params, headers } = request;
    const run = await findOwnRun(request, deps, params.id);
    const result = resultOf(run);
    const etag = `"${result.sha256}"`;
    const validators = { ETag: etag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache" };
    if (namesTag(headers["If-None-Match"], etag)) return c.body(null, 304, validators);

    const isHead = c.req.method === "HEAD";
    const isSame = headers["If-Range"] === undefined || headers["If-Range"].trim() === etag;
    const range = isSame && !isHead ? byteRange(headers.Range, result.size_bytes) : undefined;
    if (range === "unsatisfiable") {
      c.header("Content-Range", `bytes */${result.size_bytes}`);
      throw rangeNotSatisfiable(result.size_bytes);
    }
    const length = range === undefined ? result.size_bytes : range.last - range.first + 1;
    const sent = {
      ...validators,
      "Content-Type": RESULT_CONTENT_TYPE,
      "Content-Length": String(length),
      ...(range !== undefined && { "Content-Range": `bytes ${range.first}-${range.last}/${result.size_bytes}` }),
    };
    if (isHead) return c.body(null, 200, sent);
    return c.body(await bytesOf(deps, run, result, range), range === undefined ? 200 : 206, sent);
  },
});

async function bytesOf(
  deps: OutputDeps,
  run: FoundRun,
  result: StoredResult,
  range: ByteRange | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const found = await deps.objects.open(result.key, result.size_bytes, range);
  if (found === undefined) {
    // Its retention may have passed since the run was read.
    const { retention_until } = run;
    if (retention_until !== null && retention_until.getTime() <= deps.clock.now()) throw new Problem("result-expired");
    throw new Error(`the object ${result.key} is gone`);
  }
  try {
    checkReceipt(result, found.metadata);
  } catch (error) {
    await found.body.cancel();
    throw error;
  }
  return found.body;
}
