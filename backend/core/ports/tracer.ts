import type { Attributes, FinishedSpan, SpanKind } from "../domain/otlp.ts";
import { Outage } from "../domain/outage.ts";
import { hexOf, parseTraceparent, type TraceContext, traceparentOf } from "../domain/trace.ts";
import type { Random } from "./random.ts";

interface NewSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
  /** The span of another process that this one continues, as a `traceparent`; where it is left out, the current span. */
  readonly parent?: string | undefined;
  /** What others are told is this span: it then has no parent but `parent`. */
  readonly self?: string;
}

export interface ActiveSpan {
  /** What a request to another process says; undefined where there is no trace. */
  readonly traceparent: string | undefined;
  readonly set: (attributes: Attributes) => void;
  readonly rename: (name: string) => void;
  /** Marks the span as failed, of a kind with few values. */
  readonly fail: (type: string) => void;
}

/** Spans of what the product does. Without a parent or a current span none is made, so that idle work leaves no trace. */
export interface Tracer {
  /** Runs `act` as a span; the spans within are its children. An error is noted by its class alone, and thrown on. */
  span<T>(what: NewSpan, act: (span: ActiveSpan) => Promise<T>): Promise<T>;
  /** Runs `act` without a current span. */
  untraced<T>(act: () => T): T;
  /** Of the current span, recorded or not. */
  traceId(): string | undefined;
}

interface Place extends TraceContext {
  readonly isRemote: boolean;
}

/** What the current span is in each asynchronous context: an AsyncLocalStorage, which is the process's to make. */
export interface CurrentSpan {
  getStore(): Place | undefined;
  run<T>(place: Place | undefined, act: () => T): T;
}

interface TracerDeps {
  readonly current: CurrentSpan;
  readonly random: Random;
  /** Unix milliseconds, with a fraction where the platform has one. */
  readonly now_ms: () => number;
  /** Takes each span that ended; undefined: spans are not recorded, and only their trace id is known. */
  readonly record?: ((span: FinishedSpan) => void) | undefined;
}

export function createTracer({ current, random, now_ms, record }: TracerDeps): Tracer {
  async function span<T>(what: NewSpan, act: (span: ActiveSpan) => Promise<T>): Promise<T> {
    const { self, parent: remote } = what;
    const parent = self === undefined && remote === undefined ? current.getStore() : placeOf(remote);
    const place = self === undefined ? parent : placeOf(self);
    if (place === undefined) return act(unrecorded(undefined));
    if (!place.sampled || record === undefined) {
      const unseen = unrecorded(traceparentOf(place));
      return place === current.getStore() ? act(unseen) : current.run(place, () => act(unseen));
    }
    const own = { ...place, isRemote: false, ...(self === undefined && { span_id: hexOf(random.bytes(8)) }) };
    const open = openSpan(what, own);
    const began_ms = now_ms();
    try {
      return await current.run(own, () => act(open.active));
    } catch (error) {
      open.failed(error);
      throw error;
    } finally {
      const { trace_id, span_id } = own;
      const { kind } = what;
      const under = { parent_id: parent?.span_id, isParentRemote: parent?.isRemote ?? false };
      record({ trace_id, span_id, ...under, kind, began_ms, ended_ms: Math.max(began_ms, now_ms()), ...open.said() });
    }
  }
  return {
    span,
    untraced: (act) => current.run(undefined, act),
    traceId: () => current.getStore()?.trace_id,
  };
}

/** A tracer of tests and tools, which knows no trace. */
export const NO_TRACER: Tracer = {
  span: (what, act) => act(unrecorded(what.self ?? what.parent)),
  untraced: (act) => act(),
  traceId: () => undefined,
};

function placeOf(traceparent: string | undefined): Place | undefined {
  const context = parseTraceparent(traceparent);
  return context && { ...context, isRemote: true };
}

const nothing = () => undefined;
const unrecorded = (traceparent: string | undefined): ActiveSpan => ({
  traceparent,
  set: nothing,
  rename: nothing,
  fail: nothing,
});

/** What is said of a span while it is open. */
function openSpan(what: NewSpan, own: TraceContext) {
  let { name, attributes = {} } = what;
  let failure: string | undefined;
  const fail = (type: string, message = "") => {
    attributes = { ...attributes, "error.type": type };
    failure = message;
  };
  const active: ActiveSpan = {
    traceparent: traceparentOf(own),
    set: (more) => void (attributes = { ...attributes, ...more }),
    rename: (other) => void (name = other),
    fail,
  };
  return {
    active,
    failed: (error: unknown) => fail(classOf(error), error instanceof Outage ? "unknown outcome" : ""),
    said: () => ({ name, attributes, failure }),
  };
}

/** The class alone: a message may quote what a tenant sent. */
function classOf(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  return /^\w{1,64}$/.test(name) ? name : "Error";
}
