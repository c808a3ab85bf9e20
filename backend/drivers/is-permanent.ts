import { Outage } from "#core/domain/outage.ts";

/** Wrong credentials, no such database, no right. */
const SQLSTATE = /^(28...|3D000|42501)$/;
const REDIS = /^(WRONGPASS|NOAUTH|NOPERM)\b/;
const AWS = new Set([
  "NoSuchBucket",
  "InvalidBucketName",
  "QueueDoesNotExist",
  "AWS.SimpleQueueService.NonExistentQueue",
]);
/** 401 and 403 of another clock, or of credentials that are renewed meanwhile. */
const PASSING = /^(RequestTimeTooSkewed|RequestExpired|ExpiredToken|ExpiredTokenException)$/;

/** Whether a store's error stays whatever is tried: a wrong password, a missing bucket or queue, a right that lacks. */
export function isPermanent(error: unknown): boolean {
  const cause = error instanceof Outage ? error.cause : error;
  if (!(cause instanceof Error)) return false;
  const { code, $metadata } = cause as { readonly code?: unknown; readonly $metadata?: { httpStatusCode?: number } };
  if ($metadata !== undefined) {
    if (AWS.has(cause.name)) return true;
    return [401, 403].includes($metadata.httpStatusCode ?? 0) && !PASSING.test(cause.name);
  }
  return (typeof code === "string" && SQLSTATE.test(code)) || REDIS.test(cause.message);
}
