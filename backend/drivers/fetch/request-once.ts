import { failed, type Failed, type FetchOptions } from "#core/ports/fetch.ts";
import { header, pinnedRequest, type Response } from "./pinned-request.ts";
import { ACCEPT_ENCODING, readBody } from "./read-body.ts";
import type { Address } from "./resolve-name.ts";

/** Says what this is: one page, fetched because a customer asked for it. */
export const USER_AGENT = "Decisionproof-Fetch/1.0 (single page, on a customer's request)";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const TOO_LARGE = "The body is larger than the ceiling";

interface Page {
  readonly kind: "page";
  readonly status: number;
  readonly content_type: string;
  readonly charset: string | null;
  readonly body: Uint8Array;
}

export type HopResult =
  | Page
  | { readonly kind: "redirect"; readonly location: string }
  | { readonly kind: "failure"; readonly failure: Failed; readonly retry: boolean; readonly retryAfter?: string };

const stop = (failure: Failed): HopResult => ({ kind: "failure", failure, retry: false });

function connectionFailure(error: unknown): HopResult {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? "";
  if (/^(Z_|ERR_BROTLI|ERR__ERROR)/.test(code)) {
    return stop(failed("CONTENT_ENCODING", "The body does not decompress."));
  }
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_/.test(code)) {
    return stop(failed("CONNECTION", "The server's TLS certificate is not valid."));
  }
  return { kind: "failure", failure: failed("CONNECTION", "The connection could not be made or broke."), retry: true };
}

/** Of a media type: its two parts may have 127 characters each (RFC 6838). */
const MAX_TYPE_CHARS = 255;

/** `accept` may have patterns such as `text/*` and `application/*+json`, and the empty string for a type that is not told. */
function isTaken(content_type: string, accept: readonly string[]): boolean {
  if (content_type.length > MAX_TYPE_CHARS) return false;
  return accept.some((taken) => {
    const [start = "", end] = taken.split("*");
    if (end === undefined) return content_type === taken;
    return /^[\w.+-]+\/[\w.+-]+$/.test(content_type) && content_type.startsWith(start) && content_type.endsWith(end);
  });
}

/** The media ranges of `accept`: patterns by suffix are none, and those who serve them answer to the last one. */
const rangesOf = (accept: readonly string[]) => {
  const ranges = accept.filter((taken) => taken !== "" && !taken.includes("*+"));
  return ranges.length === accept.length ? ranges : [...ranges, "*/*;q=0.1"];
};

async function readPage(response: Response, accept: readonly string[], max: number): Promise<HopResult> {
  const { statusCode: status, headers, body } = response;
  const [essence = "", ...parameters] = header(headers, "content-type").split(";");
  const content_type = essence.trim().toLowerCase();
  if (!isTaken(content_type, accept)) {
    const what = /^[\w.+-]+\/[\w.+-]+$/.test(content_type) ? content_type : "unknown";
    return stop(failed("CONTENT_TYPE", `The content type is ${what}; taken are ${accept.filter(Boolean).join(", ")}.`));
  }
  // Of an encoded body it says nothing about what counts: the decompressed bytes.
  const isPlain = /^(identity)?$/i.test(header(headers, "content-encoding").trim());
  if (isPlain && Number(header(headers, "content-length")) > max)
    return stop(failed("TOO_LARGE", `${TOO_LARGE} of ${max} bytes.`));
  const read = await readBody(body, header(headers, "content-encoding"), max);
  if (read.kind === "too_large") return stop(failed("TOO_LARGE", `${TOO_LARGE} of ${max} bytes.`));
  if (read.kind === "unknown_encoding") {
    return stop(failed("CONTENT_ENCODING", `The body is encoded otherwise than asked for (${ACCEPT_ENCODING}).`));
  }
  const charset = parameters.map((part) => /^\s*charset\s*=\s*"?([^";\s]+)/i.exec(part)?.[1]).find(Boolean) ?? null;
  return { kind: "page", status, content_type, charset, body: read.bytes };
}

async function judge(response: Response, accept: readonly string[], max: number): Promise<HopResult> {
  const { statusCode: status, headers } = response;
  const location = header(headers, "location");
  if (REDIRECTS.has(status) && location !== "") return { kind: "redirect", location };
  if (status >= 200 && status < 300) return await readPage(response, accept, max);
  const retry = status === 429 || status >= 500;
  const failure = failed("HTTP_ERROR", `The server answered with status ${status}.`);
  return { kind: "failure", failure, retry, retryAfter: header(headers, "retry-after") };
}

/**
 * One GET over one new connection to one of `addresses`, and no other; Host and TLS name stay those of the URL.
 * Follows nothing. Rejects with the signal's reason when that aborts.
 */
export async function requestOnce(
  url: URL,
  addresses: readonly Address[],
  options: FetchOptions & { readonly maxBytes: number },
): Promise<HopResult> {
  const { signal, accept, maxBytes } = options;
  const headers = { "user-agent": USER_AGENT, accept: rangesOf(accept).join(", "), "accept-encoding": ACCEPT_ENCODING };
  try {
    return await pinnedRequest(url, addresses, { method: "GET", headers, signal }, (response) =>
      judge(response, accept, maxBytes),
    );
  } catch (error) {
    signal.throwIfAborted();
    return connectionFailure(error);
  }
}
