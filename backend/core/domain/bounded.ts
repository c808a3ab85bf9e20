import { z } from "zod";

/** A text of at most so many UTF-16 units. Of a longer one nothing else is checked: later checks may scan it. */
export const textUpTo = (chars: number, message?: string) =>
  z.string().max(chars, { abort: true, ...(message !== undefined && { error: message }) });

/** A record of at most so many pairs, of which a larger one is not looked into. Arrays are counted first by Zod itself. */
export function recordUpTo<Key extends z.core.$ZodRecordKey, Value extends z.ZodType>(
  pairs: number,
  key: Key,
  value: Value,
  message = `must be at most ${pairs} pairs`,
) {
  return z.preprocess(
    (given, context) => {
      if (hasOver(given, pairs)) context.addIssue({ code: "custom", message, input: given });
      return given;
    },
    z.record(key, value).meta({ maxProperties: pairs }),
  );
}

/** Stops at the first pair too many. */
function hasOver(value: unknown, pairs: number): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let seen = 0;
  for (const _name in value) {
    seen += 1;
    if (seen > pairs) return true;
  }
  return false;
}
