import type { ResultDocument } from "#core/domain/result.ts";
import { traceIdOf } from "#core/domain/trace.ts";
import { retrySeconds, signatureOf } from "#core/domain/webhook.ts";
import { webhookBody } from "#core/domain/webhook-message.ts";
import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { ObjectDownloader } from "#core/ports/objects.ts";
import type { Random } from "#core/ports/random.ts";
import { hostOf } from "#core/ports/traced-fetch.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { WebhookResponse, WebhookRequest, WebhookSender } from "#core/ports/webhook-sender.ts";
import { readOutput } from "#core/store/read-output.ts";
import {
  claimDeliveries,
  type ClaimedDelivery,
  type AttemptResult,
  finishDelivery,
  type FreePlaces,
} from "#core/store/webhooks/claim-webhook-deliveries.ts";
import { fanOutEvents } from "#core/store/webhooks/fan-out-events.ts";

const EVENTS_AT_ONCE = 100;
/** Sent at once by one reaper, to endpoints that were quick the last time, and to slow ones. */
export const WEBHOOK_PLACES = { quick: 96, slow: 32 } as const;
/**
 * Of all that is under way, whichever reaper sends it; a lease outlasts the download of an output, the sender's timeout and
 * the note of its end.
 */
export const WEBHOOK_SHARES = { per_tenant: 8, per_endpoint: 4, per_host: 32, kept: 24, lease_seconds: 60 } as const;
/** An attempt that takes as long, answered or not, moves its endpoint to the slow places until one is quicker. */
export const SLOW_ATTEMPT_MS = 5_000;
/** The longest wait between two claims while attempts are under way. */
const CLAIM_AGAIN_MS = 250;

export interface WebhookSweepDeps {
  readonly db: Db;
  readonly send: WebhookSender;
  readonly objects: ObjectDownloader;
  readonly clock: Clock;
  readonly random: Random;
  readonly sleeper: Sleeper;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly log: Log;
}

/** The tenant after which the next fan-out begins, kept between sweeps: an error never sends it back to the first tenant. */
export interface FanOutCursor {
  after: string | undefined;
}

/**
 * Fans events out into deliveries, claims and sends those that are due, and records the outcome of each attempt, until
 * nothing is due. After a crash a delivery is sent again under the same id. An error of fan-out does not stop what is due
 * from being sent; it is thrown at the end.
 */
export async function sweepWebhooks(
  deps: WebhookSweepDeps,
  stop: AbortSignal,
  fanOut: FanOutCursor = { after: undefined },
): Promise<void> {
  const flying = new Map<Promise<void>, keyof FreePlaces>();
  let fanOutError: unknown;
  try {
    while (!stop.aborted) {
      const { events, skipped, go_on_after } = await fanOutEvents(deps.db, EVENTS_AT_ONCE, fanOut.after).catch(
        (error) => {
          fanOutError = error;
          return { events: 0, skipped: 0, go_on_after: fanOut.after };
        },
      );
      fanOut.after = go_on_after;
      if (skipped > 0) reportSkipped(deps, skipped);
      // A claim counts attempts that end while it runs: only one that began with nothing under way says that nothing is due.
      const wasIdle = flying.size === 0;
      for (const delivery of await claim(deps, flying)) {
        const flight = deliverTraced(deps, delivery).finally(() => flying.delete(flight));
        flying.set(flight, delivery.slow ? "slow" : "quick");
      }
      if (events > 0) continue;
      if (flying.size > 0) await oneLanded(deps, [...flying.keys()], stop);
      else if (wasIdle) break;
    }
  } finally {
    await Promise.all(flying.keys());
  }
  if (fanOutError !== undefined) throw fanOutError;
}

/** Never holds more than it sends at once: what waits here would wait with its lease running. */
async function claim(
  { db }: WebhookSweepDeps,
  flying: ReadonlyMap<unknown, keyof FreePlaces>,
): Promise<readonly ClaimedDelivery[]> {
  const free = { ...WEBHOOK_PLACES } as Record<keyof FreePlaces, number>;
  for (const lane of flying.values()) free[lane]--;
  return free.quick + free.slow === 0 ? [] : await claimDeliveries(db, free, WEBHOOK_SHARES);
}

function reportSkipped(deps: WebhookSweepDeps, skipped: number): void {
  deps.metrics.add("webhooks_skipped", skipped);
  deps.log.warn("webhooks of runs that cost nothing were skipped: an account has had as many as it may have", {
    skipped,
  });
}

/** Resolves when one of them has ended, or when it is time to claim again. */
async function oneLanded(deps: WebhookSweepDeps, flying: readonly Promise<void>[], stop: AbortSignal): Promise<void> {
  const woken = new AbortController();
  const wake = AbortSignal.any([woken.signal, stop]);
  await Promise.race([...flying, deps.sleeper.sleep(CLAIM_AGAIN_MS, wake)]);
  woken.abort();
}

/** Under the trace of its run, if it is of one. */
function deliverTraced(deps: WebhookSweepDeps, delivery: ClaimedDelivery): Promise<void> {
  const { run, delivery_id, type, tries } = delivery;
  const attributes = {
    "dpp.run_id": run?.run_id,
    "dpp.delivery_id": delivery_id,
    "dpp.event": type,
    "dpp.tries": tries,
  };
  const span = { name: "deliver webhook", kind: "internal", parent: run?.trace_parent, attributes } as const;
  const log = run === null ? deps.log : deps.log.child({ run_id: run.run_id, trace_id: traceIdOf(run.trace_parent) });
  return deps.tracer.span(span, () => deliver({ ...deps, log }, delivery));
}

/** Never rejects: a delivery whose outcome could not be recorded is due again when its lease ends. */
async function deliver(deps: WebhookSweepDeps, delivery: ClaimedDelivery): Promise<void> {
  const { delivery_id, tenant_id, type, tries } = delivery;
  try {
    const conclusion = await attempt(deps, delivery);
    const { outcome, status: http_status, error: code } = conclusion;
    deps.metrics.count("webhook_attempts", { outcome });
    const attempted = { delivery_id, tenant_id, type, tries, outcome, http_status, code };
    deps.log.info("a webhook was tried", attempted);
    if ((await finishDelivery(deps.db, delivery, conclusion)) === undefined) {
      deps.log.info("the end of a webhook's attempt came too late", attempted);
    }
  } catch (error) {
    deps.metrics.count("webhook_unconcluded");
    deps.log.warn("the outcome of a webhook was not recorded: it is sent again", { delivery_id, error });
  }
}

async function attempt(deps: WebhookSweepDeps, delivery: ClaimedDelivery): Promise<AttemptResult> {
  let request: WebhookRequest;
  try {
    const output = delivery.include_output ? await outputOf(deps, delivery) : undefined;
    request = requestOf(delivery, output, Math.floor(deps.clock.now() / 1000));
  } catch (error) {
    deps.log.error("an event is not what its type says", { event_uuid: delivery.event_uuid, error });
    return { outcome: "failed", status: null, error: "event-malformed", retry_seconds: null, slow: delivery.slow };
  }
  const begun_at = deps.clock.now();
  const response = await post(deps, request);
  const slow = deps.clock.now() - begun_at >= SLOW_ATTEMPT_MS;
  return { ...conclusionOf(response, delivery.tries, deps.random), slow };
}

/** The receiver continues the trace of the run from the span of this request. */
function post({ tracer, send }: WebhookSweepDeps, request: WebhookRequest): Promise<WebhookResponse> {
  const attributes = { "http.request.method": "POST", "server.address": hostOf(request.url) };
  return tracer.span({ name: "POST", kind: "client", attributes }, async (span) => {
    const { traceparent } = span;
    const headers = traceparent === undefined ? request.headers : { ...request.headers, traceparent };
    const response = await send({ ...request, headers });
    if (response.kind === "unanswered") span.fail(response.fault);
    else span.set({ "http.response.status_code": response.status });
    if (response.kind === "answered" && response.status >= 400) span.fail(String(response.status));
    return response;
  });
}

/**
 * The result of the event's run. Null also where it cannot be read: the event is sent without it, at once, and its receiver
 * reads it by the path in the event.
 */
async function outputOf(deps: WebhookSweepDeps, { run, delivery_id }: ClaimedDelivery): Promise<ResultDocument | null> {
  if (run === null) return null;
  try {
    return await readOutput(deps.objects, run);
  } catch (error) {
    deps.metrics.count("webhook_output_unread");
    deps.log.warn("a webhook is sent without its output, which could not be read", { delivery_id, error });
    return null;
  }
}

function requestOf(
  delivery: ClaimedDelivery,
  output: ResultDocument | null | undefined,
  timestamp: number,
): WebhookRequest {
  const { event_uuid, url, secret, previous_secrets, run } = delivery;
  const id = `evt_${event_uuid}`;
  const body = webhookBody({ ...delivery, output });
  return {
    url,
    body,
    headers: {
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": signatureOf({ id, timestamp, body }, [secret, ...previous_secrets]),
      ...(run !== null && { traceparent: run.trace_parent }),
    },
  };
}

function conclusionOf(response: WebhookResponse, tries: number, random: Random): Omit<AttemptResult, "slow"> {
  const status = response.kind === "answered" ? response.status : null;
  if (status !== null && status >= 200 && status < 300) {
    return { outcome: "delivered", status, error: null, retry_seconds: null };
  }
  const error = errorOf(response);
  if (status === 410) return { outcome: "gone", status, error, retry_seconds: null };
  const [byte = 0] = random.bytes(1);
  const asked = response.kind === "answered" ? response.retry_after_seconds : 0;
  const retry_seconds = retrySeconds(tries, byte / 255, asked) ?? null;
  return { outcome: retry_seconds === null ? "failed" : "retry", status, error, retry_seconds };
}

function errorOf(response: WebhookResponse): string {
  if (response.kind === "unanswered") return response.fault;
  if (response.status === 410) return "gone";
  return response.status >= 300 && response.status < 400 ? "redirect" : "http-error";
}
