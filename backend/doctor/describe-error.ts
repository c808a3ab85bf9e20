import { Outage } from "#core/domain/outage.ts";

/** An error in one line: what the store said, and no address or credential of ours. */
export function describeError(error: unknown): string {
  const cause = error instanceof Outage ? error.cause : error;
  if (!(cause instanceof Error)) return "failed without a reason";
  const { code, $metadata } = cause as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const facts = [typeof code === "string" ? code : "", status === undefined ? "" : `HTTP ${status}`].filter(Boolean);
  const name = cause.name === "Error" || cause.name === "UnusableStore" ? [] : [cause.name];
  const words = cause.message.split("\n")[0] ?? "";
  const about = [...name, ...facts].join(", ");
  const isOurs = ["UnusableStore", "Doubt", "Skip"].includes(cause.name);
  return isOurs || about === "" ? words : `${words} (${about})`;
}
