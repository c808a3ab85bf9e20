import {
  type Attributes,
  type ExportSettings,
  type FinishedSpan,
  isWorthRepeating,
  otlpBody,
} from "#core/domain/otlp.ts";
import { VERSION } from "#core/domain/version.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";

/** As OpenTelemetry's batch processor: more are lost, since a run never waits for its spans. */
export const EXPORT_LIMITS = {
  queued: 2_048,
  batch: 512,
  delay_ms: 5_000,
  request_ms: 10_000,
  /** Of the last spans, when the process stops. */
  close_ms: 3_000,
} as const;
const WARN_EVERY_MS = 60_000;

interface TraceExporter {
  readonly record: (span: FinishedSpan) => void;
  /** Sends what is left, within `close_ms`. */
  close(): Promise<void>;
}

interface ExporterDeps {
  readonly settings: ExportSettings;
  readonly resource: Attributes;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Spans to a collector over OTLP/HTTP in JSON, in batches, one request at a time. */
export function createTraceExporter(deps: ExporterDeps, limits: typeof EXPORT_LIMITS = EXPORT_LIMITS): TraceExporter {
  const queue: FinishedSpan[] = [];
  const closing = new AbortController();
  const lose = losses(deps);
  let sending: Promise<void> | undefined;

  /** Until less than `least` spans are queued, or a batch has to wait for the next round. */
  async function sendAll(least: number): Promise<void> {
    while (queue.length >= least) {
      const batch = queue.splice(0, limits.batch);
      const answer = await post(deps, batch, AbortSignal.any([closing.signal, AbortSignal.timeout(limits.request_ms)]));
      if (answer === "delivered") continue;
      const kept = answer.repeat && !closing.signal.aborted ? batch.slice(0, limits.queued - queue.length) : [];
      queue.unshift(...kept);
      lose(batch.length - kept.length, answer.error);
      if (answer.repeat) return;
    }
  }
  const send = (least: number): Promise<void> =>
    (sending ??= sendAll(least).finally(() => {
      sending = undefined;
    }));

  const timer = setInterval(() => void send(1), limits.delay_ms).unref();
  return {
    record(span) {
      if (queue.length >= limits.queued) return lose(1, "the queue is full");
      queue.push(span);
      if (queue.length >= limits.batch) void send(limits.batch);
    },
    async close() {
      clearInterval(timer);
      const late = setTimeout(() => closing.abort(), limits.close_ms);
      await sending;
      await send(1);
      clearTimeout(late);
      lose(queue.length, "the process stopped");
    },
  };
}

type Posted = "delivered" | { readonly repeat: boolean; readonly error: unknown };

async function post({ settings, resource }: ExporterDeps, spans: FinishedSpan[], signal: AbortSignal): Promise<Posted> {
  try {
    const { url, headers } = settings;
    // A redirect would take the headers, and with them a secret, elsewhere.
    const init = { method: "POST", headers, redirect: "error", signal } as const;
    const response = await fetch(url, { ...init, body: otlpBody(resource, VERSION, spans) });
    await response.body?.cancel();
    if (response.ok) return "delivered";
    return { repeat: isWorthRepeating(response.status), error: `the collector answered ${response.status}` };
  } catch (error) {
    return { repeat: true, error };
  }
}

/** Counts what is lost, and says so once a minute. */
function losses({ metrics, log }: ExporterDeps): (spans: number, error: unknown) => void {
  let unsaid = 0;
  let next_ms = 0;
  return (spans, error) => {
    if (spans === 0) return;
    metrics.add("trace_spans_lost", spans);
    unsaid += spans;
    if (performance.now() < next_ms) return;
    log.warn("spans were not delivered", { spans: unsaid, error });
    unsaid = 0;
    next_ms = performance.now() + WARN_EVERY_MS;
  };
}
