type RefusedCode = "BAD_URL" | "ADDRESS_NOT_ALLOWED";

export type FailedCode =
  | RefusedCode // a redirect, or a later answer of the DNS, led to what would have been refused
  | "TIMEOUT"
  | "TOO_LARGE"
  | "HTTP_ERROR"
  | "CONTENT_TYPE"
  | "CONTENT_ENCODING"
  | "TOO_MANY_REDIRECTS"
  | "DNS"
  | "CONNECTION";

/** `body` is decompressed; `content_type` is the essence, lower case; `charset` is the header's label, or null. */
export interface Fetched {
  readonly kind: "ok";
  readonly final_url: string;
  readonly status: number;
  readonly content_type: string;
  readonly charset: string | null;
  readonly body: Uint8Array;
  /** Every address that was redirected to, in order; the last one is `final_url`. */
  readonly redirects: readonly string[];
}

/** No packet was sent to the target. */
export interface Refused {
  readonly kind: "refused";
  readonly reason_code: RefusedCode;
  readonly detail: string;
}

export interface Failed {
  readonly kind: "failed";
  readonly reason_code: FailedCode;
  readonly detail: string;
}

/** Details are for the caller and never name an address that was found by resolving. */
export type FetchOutcome = Fetched | Refused | Failed;

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** The content types that are taken, lower case, without parameters; see the driver for its patterns. */
  readonly accept: readonly string[];
  /** Of the decompressed body; never more than the fetch's own ceiling. */
  readonly maxBytes?: number;
}

/** Fetches a public http(s) URL. Rejects only when the caller's signal aborts, with its reason. */
export type GuardedFetch = (url: string, options: FetchOptions) => Promise<FetchOutcome>;

/** Shorthand for a failure. */
export function failed(reason_code: FailedCode, detail: string): Failed {
  return { kind: "failed", reason_code, detail };
}
