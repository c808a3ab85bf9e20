import type { ResultDocument } from "#core/domain/result.ts";

/** What a worker stores for a run of a decision. */
export const storedResult = (run_id: string): ResultDocument => ({
  schema_version: "1",
  run_id,
  pack_type: "decision",
  pack_version: "1.0.0",
  status: "COMPLETED",
  generated_at: "2026-11-21T09:30:00.000Z",
  cost: { max_usd: "1.0000", reserved_usd: "1.0000", actual_usd: "0.5000", minimum_fee_usd: "0.0110" },
  units: { base: 1 },
  reliability: 0.75,
  data: {
    question: "Tea or coffee?",
    mode: "brief",
    method: "weighted_sum",
    verdict: "WINNER",
    winner: "tea",
    tied: [],
    margin: 1,
    ranking: [
      { option: "tea", rank: 1, score: 1 },
      { option: "coffee", rank: 2, score: 0 },
    ],
    dominated: [{ option: "coffee", by: ["tea"] }],
    pareto_front: ["tea"],
    sensitivity: [{ criterion: "calm", weight: 2, switch_weight: null, change: null, new_winners: [] }],
    sources: { options: "caller", criteria: "caller", scores: "caller" },
    model: null,
  },
  artifacts: [],
  meta: { trace_id: "a".repeat(32), payload_sha256: "b".repeat(64) },
});
