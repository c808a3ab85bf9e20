import { z } from "zod";
import { Problem } from "#core/domain/problem.ts";
import { isTerminal } from "#core/domain/run.ts";
import type { FoundRun } from "#core/store/postgres/find-run.ts";
import { callerOf } from "../authenticate.ts";
import type { EdgeHandler, EdgeRequest } from "../context.ts";
import { findOwnRun } from "../find-own-run.ts";
import { rateLimited } from "../refusals.ts";
import { viewOfRun } from "../run-response.ts";
import type { ShieldDeps } from "../shield.ts";
import { watchRun, type WatchDeps } from "../watch-run.ts";

const LIFETIME_MS = 300_000;
const HEARTBEAT_MS = 15_000;
const FULL_RETRY_MS = 5_000;
/** In the words of server-sent events: how long a client waits before it comes back, in milliseconds. */
const RETRY = "retry: 2000\n\n";
const HEARTBEAT = ": still here\n\n";
const HEADERS = { "Content-Type": "text/event-stream", "Cache-Control": "no-store" };

/** `GET /v1/runs/{id}/events`: server-sent events (WHATWG HTML, 9.2), one for every change of the run that is seen. */
export function getEvents(deps: ShieldDeps & WatchDeps): EdgeHandler {
  return async (c) => {
    const { key_sha256 } = callerOf(c);
    const seen = lastEventOf(c);
    const run = await findOwnRun(deps, c);
    if (isTerminal(run.status))
      return run.version > seen ? c.body(RETRY + eventOf(run), 200, HEADERS) : c.body(null, 204);
    if (c.req.method === "HEAD") return c.body(null, 200, HEADERS);

    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, c.req.raw.signal]);
    const hold = deps.holds.take(key_sha256, signal);
    if (hold === undefined) throw rateLimited(FULL_RETRY_MS);
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

const eventOf = (run: FoundRun): string =>
  `event: status\nid: ${run.version}\ndata: ${JSON.stringify(viewOfRun(run))}\n\n`;

interface Story {
  readonly run: FoundRun;
  readonly seen: number;
  readonly looks: ReturnType<typeof watchRun>;
  readonly trace_id: string;
}

/** What the client is sent, piece by piece; a key that may no longer look is told when it comes back. */
async function* chunksOf(
  deps: WatchDeps,
  { run, seen, looks, trace_id }: Story,
): AsyncGenerator<string, void, undefined> {
  let said_at = deps.clock.now();
  let sent = Math.max(seen, run.version);
  yield run.version > seen ? RETRY + eventOf(run) : RETRY;
  try {
    for await (const look of looks) {
      const isNews = look.kind === "found" && look.run.version > sent;
      if (!isNews && deps.clock.now() - said_at < HEARTBEAT_MS) continue;
      said_at = deps.clock.now();
      if (isNews) sent = look.run.version;
      yield isNews ? eventOf(look.run) : HEARTBEAT;
    }
  } catch (error) {
    deps.log.error("a stream of events failed", { error, trace_id });
  }
}

/** Nothing is asked of `chunks` before the client reads; when it goes away, `gone` is told. */
function streamOf(chunks: AsyncGenerator<string, void, undefined>, gone: AbortController): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      pull: async (controller) => {
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      cancel: async () => {
        gone.abort();
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}
