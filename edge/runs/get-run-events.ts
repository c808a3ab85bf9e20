import { z } from "zod";
import { Problem } from "#core/domain/problem.ts";
import { isTerminal } from "#core/domain/run.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import type { Parameter } from "../http/parameters.ts";
import { chunksOf, eventOf, RETRY, streamOf } from "./event-stream.ts";
import { findOwnRun } from "./find-own-run.ts";
import { tooManyStreams } from "./problems.ts";
import { runIdParameter } from "./run-id.ts";
import { watchRun, type WatchDeps } from "./watch-run.ts";

const LIFETIME_MS = 300_000;
const TYPE = "text/event-stream";
/** Proxies pass the events on one by one: nginx buffers a response without the last of these. */
const HEADERS = { "Content-Type": TYPE, "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no" };
const EVENTS = 'retry: 2000\n\nevent: status\nid: 3\ndata: {"run_id":"...","status":"COMPLETED"}\n\n';

const version = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

/** The version of the run that the client saw last; 0 where it saw none. */
const lastEventHeader: Parameter<number> = {
  parse: (value) => {
    const parsed = version.optional().safeParse(value);
    if (parsed.success) return parsed.data ?? 0;
    throw new Problem("invalid-request", "The header Last-Event-ID is not the id of an event of this stream.", {
      errors: [{ header: "Last-Event-ID", detail: "must be the id of an event of this stream" }],
    });
  },
  document: {
    description: "The id of the last event that was seen: nothing is sent again.",
    schema: { type: "string", pattern: "^[0-9]{1,15}$" },
    example: "3",
  },
};

/** Server-sent events (WHATWG HTML, 9.2), one for every change of the run that is seen. */
export const getRunEvents = operation({
  id: "getRunEvents",
  method: "GET",
  path: "/v1/runs/{id}/events",
  scope: "read",
  tag: "runs",
  summary: "Follow a run",
  description:
    "Server-sent events (`text/event-stream`): one event `status` with the run as it is now, then one for every change that is seen, and the end of the stream after the one that says how the run ended. Its `id` is the run's version, its `data` the JSON of the run. Changes less than a second apart may be seen as one. A stream lives for 5 minutes at most and says `: still here` every 15 seconds; come back with Last-Event-ID, as every EventSource does. Counts as one read.",
  params: { id: runIdParameter },
  headers: { "Last-Event-ID": lastEventHeader },
  responses: {
    200: { description: "The events.", content: { [TYPE]: { schema: { type: "string" }, example: EVENTS } } },
    204: {
      description: "The run is over, and its last event was seen: nothing more will come, and EventSource stops.",
    },
  },
  problems: ["not-found"],
  async handle(request, deps: ShieldDeps & WatchDeps) {
    const { c, caller, params } = request;
    const seen = request.headers["Last-Event-ID"];
    const run = await findOwnRun(request, deps, params.id);
    if (isTerminal(run.status))
      return run.version > seen ? c.body(RETRY + eventOf(run), 200, HEADERS) : c.body(null, 204);
    if (c.req.method === "HEAD") return c.body(null, 200, HEADERS);

    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, c.req.raw.signal]);
    const hold = deps.connections.take(run.tenant_id, signal);
    if (hold === undefined) throw tooManyStreams();
    const watch = { key_sha256: caller.key_sha256, until_ms: deps.clock.now() + LIFETIME_MS, signal, hold };
    const chunks = chunksOf(deps, { run, seen, checks: watchRun(deps, run, watch), trace_id: c.get("trace").trace_id });
    return c.body(streamOf(chunks, gone), 200, HEADERS);
  },
});
