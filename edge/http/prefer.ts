/** The longest wait that one request may ask for, in seconds. */
const MAX_WAIT_S = 30;

const ELEMENTS = /(?:[^",]|"(?:[^"\\]|\\.)*"?)+/g;
const IS_WAIT = /^\s*wait\s*(?:[=;]|$)/i;
const WAIT = /^\s*wait\s*=\s*(?:(\d+)|"(\d+)")\s*(?:;|$)/i;
/** Without a value, or with an empty one, which means the same (RFC 7240, 2). */
const BARE = /^\s*wait\s*(?:=\s*(?:""\s*)?)?(?:;|$)/i;

/**
 * The seconds that `Prefer: wait` asks for (RFC 7240, 4.3), 0 to 30; without a value as many as there may be; undefined
 * where it does not ask, or in an invalid form, which is ignored. Of several the first counts.
 */
export function preferredWait(header: string | undefined): number | undefined {
  const first = (header ?? "").match(ELEMENTS)?.find((element) => IS_WAIT.test(element)) ?? "";
  if (BARE.test(first)) return MAX_WAIT_S;
  const [, plain, quoted] = WAIT.exec(first) ?? [];
  const seconds = plain ?? quoted;
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_S);
}
