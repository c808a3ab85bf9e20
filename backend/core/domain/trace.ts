const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const ZERO = /^0+$/;

/** A W3C Trace Context `traceparent` of version 00. */
export interface Trace {
  readonly trace_id: string;
  readonly parent: string;
}

/** Continues the caller's trace with a span of our own, or starts one when the header is absent or malformed. */
export function continueTrace(header: string | undefined, random: Uint8Array): Trace {
  const hex = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const given = parseTraceId(header);
  const trace_id = given?.trace_id ?? hex.slice(0, 32);
  return { trace_id, parent: `00-${trace_id}-${hex.slice(32, 48)}-${given?.flags ?? "01"}` };
}

/** The trace id of a `traceparent`; undefined when it is malformed. */
export function traceIdOf(parent: string): string | undefined {
  return parseTraceId(parent)?.trace_id;
}

function parseTraceId(header: string | undefined): { trace_id: string; flags: string } | undefined {
  const parts = TRACEPARENT.exec(header ?? "");
  const [, trace_id, span, flags] = parts ?? [];
  if (trace_id === undefined || span === undefined || flags === undefined) return undefined;
  return ZERO.test(trace_id) || ZERO.test(span) ? undefined : { trace_id, flags };
}
