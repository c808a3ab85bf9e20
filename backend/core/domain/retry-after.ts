/**
 * Milliseconds from `now` that a Retry-After header asks for: seconds or an HTTP date (RFC 9110, 10.2.3); 0 for what is
 * neither.
 */
export function waitOf(retryAfter: string | undefined, now: number): number {
  const text = retryAfter?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
