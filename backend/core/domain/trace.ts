const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const ZERO = /^0+$/;
const SAMPLED = 0x01;
/** Hex digits of our own random bytes that are read to sample a trace: 52 bits. */
const RANDOM_DIGITS = [18, 31] as const;

/** A W3C Trace Context `traceparent` of version 00. */
export interface Trace {
  readonly trace_id: string;
  readonly parent: string;
}

/** What a `traceparent` says. */
export interface TraceContext {
  readonly trace_id: string;
  readonly span_id: string;
  readonly sampled: boolean;
}

/**
 * Continues the caller's trace with a span of our own, or starts one when the header is absent or malformed. It is sampled
 * unless the caller says that it is not, or chance leaves it outside `ratio`; ids that callers choose decide nothing.
 */
export function continueTrace(header: string | undefined, random: Uint8Array, ratio = 1): Trace {
  const hex = hexOf(random);
  const given = parse(header);
  const trace_id = given?.trace_id ?? hex.slice(0, 32);
  const asked = given?.flags ?? SAMPLED;
  const flags = isSampled(hex, ratio) ? asked : asked & ~SAMPLED;
  return { trace_id, parent: `00-${trace_id}-${hex.slice(32, 48)}-${flags.toString(16).padStart(2, "0")}` };
}

/** The trace id of a `traceparent`; undefined when it is malformed. */
export function traceIdOf(parent: string): string | undefined {
  return parse(parent)?.trace_id;
}

/** Undefined when it is malformed. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const given = parse(header);
  return given && { trace_id: given.trace_id, span_id: given.span_id, sampled: (given.flags & SAMPLED) !== 0 };
}

export const traceparentOf = ({ trace_id, span_id, sampled }: TraceContext): string =>
  `00-${trace_id}-${span_id}-${sampled ? "01" : "00"}`;

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Whether a trace is among the share `ratio` of all. */
const isSampled = (random_hex: string, ratio: number): boolean =>
  Number.parseInt(random_hex.slice(...RANDOM_DIGITS), 16) >= (1 - ratio) * 2 ** 52;

function parse(header: string | undefined): { trace_id: string; span_id: string; flags: number } | undefined {
  const [, trace_id, span_id, flags] = TRACEPARENT.exec(header ?? "") ?? [];
  if (trace_id === undefined || span_id === undefined || flags === undefined) return undefined;
  return ZERO.test(trace_id) || ZERO.test(span_id)
    ? undefined
    : { trace_id, span_id, flags: Number.parseInt(flags, 16) };
}
