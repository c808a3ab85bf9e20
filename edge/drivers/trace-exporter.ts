import { type Attributes, type ExportSettings, type FinishedSpan, otlpBody } from "#core/domain/otlp.ts";
import { VERSION } from "#core/domain/version.ts";
import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";

/** Of one isolate; more are lost, since no response waits for its spans. */
const MAX_ENDED = 2_048;
const BATCH = 512;
const MAX_REQUESTS = 8;
/** Spans that end soon after a response go with it. */
const GATHER_MS = 50;
const WARN_EVERY_MS = 60_000;

interface ExporterDeps {
  readonly settings: ExportSettings;
  readonly resource: Attributes;
  readonly timeout_ms: number;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly sleeper: Sleeper;
}

interface TraceExporter {
  readonly record: (span: FinishedSpan) => void;
  /** Sends all spans of this isolate that have ended. Never rejects. */
  readonly flush: () => Promise<void>;
}

/** Spans to a collector over OTLP/HTTP in JSON, sent after the response; what fails is not repeated. */
export function createTraceExporter(deps: ExporterDeps): TraceExporter {
  const ended: FinishedSpan[] = [];
  const lose = losses(deps);
  /** When each request began; one whose context the platform has ended never settles. */
  const requests = new Map<symbol, number>();
  const isFree = () => {
    for (const [request, began_ms] of requests)
      if (deps.clock.now() - began_ms > deps.timeout_ms) requests.delete(request);
    return requests.size < MAX_REQUESTS;
  };
  return {
    record: (span) => {
      if (ended.length < MAX_ENDED) ended.push(span);
      else lose(1, "too many spans wait");
    },
    flush: async () => {
      if (ended.length === 0) return;
      await deps.sleeper.sleep(GATHER_MS);
      while (ended.length > 0 && isFree()) {
        const batch = ended.splice(0, BATCH);
        const request = Symbol();
        requests.set(request, deps.clock.now());
        const error = await post(deps, batch).finally(() => requests.delete(request));
        if (error !== undefined) lose(batch.length, error);
      }
    },
  };
}

/** The error, or undefined when they were delivered. */
async function post({ settings, resource, timeout_ms }: ExporterDeps, spans: FinishedSpan[]): Promise<unknown> {
  try {
    const response = await fetch(settings.url, {
      method: "POST",
      headers: settings.headers,
      body: otlpBody(resource, VERSION, spans),
      // A redirect would take the headers, and with them a secret, elsewhere.
      redirect: "manual",
      signal: AbortSignal.timeout(timeout_ms),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `the collector answered ${response.status}`;
  } catch (error) {
    return error;
  }
}

/** Counts what is lost, and says so once a minute. */
function losses({ metrics, log, clock }: ExporterDeps): (spans: number, error: unknown) => void {
  let unsaid = 0;
  let next_ms = 0;
  return (spans, error) => {
    metrics.add("trace_spans_lost", spans);
    unsaid += spans;
    if (clock.now() < next_ms) return;
    log.warn("spans were not delivered", { spans: unsaid, error });
    unsaid = 0;
    next_ms = clock.now() + WARN_EVERY_MS;
  };
}
