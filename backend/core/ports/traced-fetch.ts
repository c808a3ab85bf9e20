import type { GuardedFetch } from "./fetch.ts";
import type { Tracer } from "./tracer.ts";

const LONGEST_NAME = 253;

/** The host of an address, which is all that a span says of it. */
export const hostOf = (url: string): string | undefined => URL.parse(url)?.hostname.slice(0, LONGEST_NAME);

/** Each fetch of a pack as a client span. It names the host alone: path and query are what a tenant sent. */
export const tracedFetch =
  (tracer: Tracer, fetch: GuardedFetch): GuardedFetch =>
  (url, options) => {
    const attributes = { "http.request.method": "GET", "server.address": hostOf(url) };
    return tracer.span({ name: "GET", kind: "client", attributes }, async (span) => {
      const outcome = await fetch(url, options);
      if (outcome.kind === "ok") span.set({ "http.response.status_code": outcome.status });
      else span.fail(outcome.reason_code);
      return outcome;
    });
  };
