import { z } from "zod";
import { Problem } from "#core/domain/problem.ts";
import { isTerminal } from "#core/domain/run.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler, EdgeRequest } from "../http/context.ts";
import { chunksOf, eventOf, RETRY, streamOf } from "./event-stream.ts";
import { findOwnRun } from "./find-own-run.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { tooManyStreams } from "../admission/refusals.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { watchRun, type WatchDeps } from "./watch-run.ts";

const LIFETIME_MS = 300_000;
const HEADERS = { "Content-Type": "text/event-stream", "Cache-Control": "no-store" };

/** `GET /v1/runs/{id}/events`: server-sent events (WHATWG HTML, 9.2), one for every change of the run that is seen. */
export function getEvents(deps: ShieldDeps & WatchDeps): EdgeHandler {
  return async (c) => {
    const { key_sha256 } = callerOf(c);
    readQuery(c, NO_QUERY);
    const seen = lastEventOf(c);
    const run = await findOwnRun(deps, c);
    if (isTerminal(run.status))
      return run.version > seen ? c.body(RETRY + eventOf(run), 200, HEADERS) : c.body(null, 204);
    if (c.req.method === "HEAD") return c.body(null, 200, HEADERS);

    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, c.req.raw.signal]);
    const hold = deps.connections.take(run.tenant_id, signal);
    if (hold === undefined) throw tooManyStreams();
    const watch = { key_sha256, until_ms: deps.clock.now() + LIFETIME_MS, signal, hold };
    const chunks = chunksOf(deps, { run, seen, looks: watchRun(deps, run, watch), trace_id: c.get("trace").trace_id });
    return c.body(streamOf(chunks, gone), 200, HEADERS);
  };
}

const version = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

/** The version of the run that the client saw last; 0 where it saw none. */
function lastEventOf(c: EdgeRequest): number {
  const parsed = version.optional().safeParse(c.req.header("Last-Event-ID"));
  if (parsed.success) return parsed.data ?? 0;
  throw new Problem("invalid-request", "The header Last-Event-ID is not the id of an event of this stream.", {
    errors: [{ header: "Last-Event-ID", detail: "must be the id of an event of this stream" }],
  });
}
