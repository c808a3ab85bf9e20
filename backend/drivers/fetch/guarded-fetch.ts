import { setTimeout as delay } from "node:timers/promises";
import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { checkSyntax } from "./address-guard.ts";
import { failed, type FetchOptions, type FetchOutcome, type GuardedFetch, type Refused } from "#core/ports/fetch.ts";
import { type HopResult, requestOnce } from "./request-once.ts";
import { createDnsLookup, type Lookup, lookupListed, type Lookups } from "./resolve-name.ts";
import { MAX_REDIRECTS } from "#core/domain/web-address.ts";
import { resolveTarget } from "./resolve-target.ts";
import { waitOf } from "#core/domain/retry-after.ts";

/** Bounds of one fetch, whatever the target does. */
export const FETCH_LIMITS = {
  deadline_ms: 30_000,
  tries_per_hop: 3,
  backoff_ms: 250,
  max_redirects: MAX_REDIRECTS,
  max_bytes: URL_LIMITS.max_body_bytes,
  max_url_chars: URL_LIMITS.max_url_chars,
} as const;

export interface GuardedFetchSettings {
  /** "host:port" pairs that the guard lets through, for development and demonstrations; none by default. */
  readonly allowHosts?: readonly string[];
  readonly deadlineMs?: number;
  readonly backoffMs?: number;
  /** Instead of the DNS and of the operating system. */
  readonly lookup?: Lookup;
}

interface Trip {
  readonly allowHosts: readonly string[];
  readonly lookups: Lookups;
  readonly endsAt: number;
  readonly backoffMs: number;
  readonly options: FetchOptions & { readonly maxBytes: number };
  /** Set once a connection was begun: from then on a refusal is a failure, for work was done. */
  contacted: boolean;
}

type Hop = HopResult | Refused;

async function tryHop(url: URL, trip: Trip): Promise<Hop> {
  const target = await resolveTarget(url, trip.lookups, trip.allowHosts, trip.options.signal);
  if (target.kind === "refused") return target;
  if (target.kind === "unresolved") return { kind: "failure", failure: target.failure, retry: target.retry };
  trip.contacted = true;
  return await requestOnce(url, target.addresses, trip.options);
}

/** Repeats what may pass, after what the server asked for and a backoff with jitter, as long as there is time. */
async function hopWithRetries(url: URL, trip: Trip): Promise<Hop> {
  const { signal } = trip.options;
  for (let tries = 1; ; tries++) {
    const hop = await tryHop(url, trip);
    if (hop.kind !== "failure" || !hop.retry || tries === FETCH_LIMITS.tries_per_hop) return hop;
    const asked_ms = waitOf(hop.retryAfter, Date.now());
    if (performance.now() + asked_ms >= trip.endsAt) return hop;
    const backoff_ms = trip.backoffMs * 2 ** (tries - 1) * (1 + Math.random());
    await delay(asked_ms + backoff_ms, undefined, { signal });
  }
}

function refusal({ reason_code, detail }: Refused, trip: Trip, redirects: readonly string[]): FetchOutcome {
  if (!trip.contacted) return { kind: "refused", reason_code, detail };
  return failed(reason_code, redirects.length > 0 ? `After a redirect: ${detail}` : detail);
}

async function follow(start: string, trip: Trip): Promise<FetchOutcome> {
  const redirects: string[] = [];
  for (let text = start; ;) {
    const checked = checkSyntax(text, FETCH_LIMITS.max_url_chars);
    if (checked.kind === "refused") return refusal(checked, trip, redirects);
    const hop = await hopWithRetries(checked.url, trip);
    if (hop.kind === "refused") return refusal(hop, trip, redirects);
    if (hop.kind === "failure") return hop.failure;
    if (hop.kind === "page") return { ...hop, kind: "ok", final_url: checked.url.href, redirects };
    if (redirects.length === FETCH_LIMITS.max_redirects) {
      return failed("TOO_MANY_REDIRECTS", `More than ${FETCH_LIMITS.max_redirects} redirects.`);
    }
    text = URL.parse(hop.location, checked.url.href)?.href ?? hop.location;
    redirects.push(text);
  }
}

/** Builds a fetch that reaches public addresses only, within {@link FETCH_LIMITS}. */
export function createGuardedFetch(settings: GuardedFetchSettings = {}): GuardedFetch {
  const { allowHosts = [], deadlineMs = FETCH_LIMITS.deadline_ms, backoffMs = FETCH_LIMITS.backoff_ms } = settings;
  const lookups = {
    lookup: settings.lookup ?? createDnsLookup(),
    lookupListed: settings.lookup ?? lookupListed,
  };
  return async (url, options) => {
    options.signal.throwIfAborted();
    const deadline = AbortSignal.timeout(deadlineMs);
    const maxBytes = Math.min(options.maxBytes ?? FETCH_LIMITS.max_bytes, FETCH_LIMITS.max_bytes);
    const signal = AbortSignal.any([options.signal, deadline]);
    const endsAt = performance.now() + deadlineMs;
    const bounded = { ...options, signal, maxBytes };
    const trip: Trip = { allowHosts, lookups, endsAt, backoffMs, options: bounded, contacted: false };
    try {
      return await follow(url, trip);
    } catch (error) {
      options.signal.throwIfAborted();
      if (deadline.aborted) return failed("TIMEOUT", `Not finished within ${deadlineMs} ms, all tries together.`);
      throw error;
    }
  };
}
