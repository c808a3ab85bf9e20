import { viewRun } from "#core/domain/run-view.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import type { watchRun, WatchDeps } from "./watch-run.ts";

const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ": still here\n\n";
/** In the words of server-sent events: how long a client waits before it comes back, in milliseconds. */
export const RETRY = "retry: 2000\n\n";

/** A run as an event; its id is the run's version. */
export const eventOf = (run: FoundRun): string =>
  `event: status\nid: ${run.version}\ndata: ${JSON.stringify(viewRun(run))}\n\n`;

interface StreamSource {
  readonly run: FoundRun;
  readonly seen: number;
  readonly checks: ReturnType<typeof watchRun>;
  readonly trace_id: string;
}

/** What the client is sent, chunk by chunk. A key that was revoked meanwhile gets its 401 when the client reconnects. */
export async function* chunksOf(
  deps: Pick<WatchDeps, "clock" | "log">,
  { run, seen, checks, trace_id }: StreamSource,
): AsyncGenerator<string, void, undefined> {
  let said_at = deps.clock.now();
  let sent = Math.max(seen, run.version);
  // What was seen of a later version is not known.
  let shown = run.version >= seen ? JSON.stringify(viewRun(run)) : undefined;
  yield run.version > seen ? RETRY + eventOf(run) : RETRY;
  try {
    for await (const check of checks) {
      const moved = check.kind === "found" && check.run.version > sent ? check.run : undefined;
      if (moved !== undefined) sent = moved.version;
      // A version also rises with what its owner does not see, such as the worker's sign of life.
      const view = moved === undefined ? shown : JSON.stringify(viewRun(moved));
      const news = view === shown ? undefined : moved;
      if (news === undefined && deps.clock.now() - said_at < HEARTBEAT_MS) continue;
      said_at = deps.clock.now();
      shown = view;
      yield news === undefined ? HEARTBEAT : eventOf(news);
    }
  } catch (error) {
    deps.log.error("a stream of events failed", { error, trace_id });
  }
}

/** Nothing is read from `chunks` before the client reads; when it disconnects, `gone` aborts. */
export function streamOf(
  chunks: AsyncGenerator<string, void, undefined>,
  gone: AbortController,
): ReadableStream<Uint8Array> {
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
