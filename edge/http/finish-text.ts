import type { MiddlewareHandler } from "hono";
import type { EdgeRequest, EdgeTypes } from "./context.ts";

const JSON_TYPE = /^application\/(?:problem\+|jwk-set\+)?json\b/;
const TEXT_TYPE = /^(?:text\/(?:html|plain)|image\/svg\+xml)\b/;
const TAG_BYTES = 16;

/**
 * Ends every JSON response with a newline, for terminals, and gives what a GET found its ETag (RFC 9110, 8.8.3): a poll
 * that has it already is a 304. One that has an ETag is left as it is. No route sets Content-Length: the platform counts.
 */
export const finishText: MiddlewareHandler<EdgeTypes> = async (c, next) => {
  await next();
  const { headers } = c.res;
  const type = headers.get("Content-Type") ?? "";
  const isJson = JSON_TYPE.test(type);
  if (headers.has("ETag") || (!isJson && !TEXT_TYPE.test(type))) return;
  const text = `${await c.res.text()}${isJson ? "\n" : ""}`;
  c.res = new Response(text, c.res);
  if (c.res.status !== 200 || !["GET", "HEAD"].includes(c.req.method)) return;

  const etag = await tagOf(text);
  c.header("ETag", etag);
  if (isNoneOf(c, etag)) return;
  const kept = new Headers(c.res.headers);
  kept.delete("Content-Type");
  c.res = undefined;
  c.res = new Response(null, { status: 304, headers: kept });
};

/** Weak: another representation, such as a compressed one, may bear it too. */
async function tagOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const bytes = new Uint8Array(digest, 0, TAG_BYTES);
  return `W/"${btoa(String.fromCharCode(...bytes)).replaceAll("=", "")}"`;
}

/** Whether If-None-Match lets the response through, by the weak comparison. */
function isNoneOf(c: EdgeRequest, etag: string): boolean {
  const given = c.req.header("If-None-Match");
  if (given === undefined) return true;
  const opaque = etag.replace(/^W\//, "");
  return !given.split(",").some((one) => ["*", opaque].includes(one.trim().replace(/^W\//, "")));
}
