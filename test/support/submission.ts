import type { Submission } from "#core/store/runs/submit-run.ts";

/** What a submit of a test says where the test does not care. */
export const SUBMITTED = {
  pack_type: "decision",
  pack_version: "1",
  metadata: {},
  timebox_sec: 90,
  min_reliability: null,
  traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
} as const satisfies Partial<Submission>;
