import type { Tracer } from "#core/ports/tracer.ts";

interface TracedRun {
  readonly run_id: string;
  readonly trace_parent: string;
}

/** What a sweep does to a run, as a span under the run's own trace. */
export const spanOf = (tracer: Tracer, name: string, run: TracedRun, act: () => Promise<void>): Promise<void> =>
  tracer.span({ name, kind: "internal", parent: run.trace_parent, attributes: { "dpp.run_id": run.run_id } }, act);
