import { type DecisionInputs, decisionOffer } from "#core/domain/packs/decision.ts";
import type { PackOutcome } from "#core/domain/pack.ts";
import { WrittenJson } from "#core/domain/written-json.ts";
import { decisionPack } from "../../../backend/worker/packs/decision.ts";
import type { Ranked } from "../../../backend/worker/packs/decision/ranking.ts";
import type { Sensitivity } from "../../../backend/worker/packs/decision/sensitivity.ts";
import { micros } from "#core/domain/money.ts";
import type { Turn } from "../../../backend/worker/packs/isolation/turn.ts";
import type { PackContext } from "../../../backend/worker/packs/pack.ts";
import { silentLog } from "../../support/silent-log.ts";

/** What tests read of the pack's data. */
interface Report {
  verdict: string;
  winner: string | null;
  tied: string[];
  margin: number;
  ranking: (Ranked & { total?: number })[];
  pareto_front: string[];
  dominated: { option: string; by: string[] }[];
  sensitivity: Sensitivity[];
  excluded?: object[];
  warnings?: { code: string; criterion?: string; option?: string; detail: string }[];
  consistency_ratio?: number;
  robustness?: { samples: number; seed: number; wins: { option: string; share: number }[] };
  missing: { pointer: string }[];
  sources: object;
  details?: { criteria: { share: number }[]; options: { cells: { normalised: number }[] }[] };
}

/** A turn that nobody contests. */
export const turn: Turn = { key: "test", wait: (something) => something };

export const context = (signal = new AbortController().signal, cap = 1_000_000): PackContext => ({
  signal,
  turn,
  cap: micros(cap),
  is_free: false,
  owe: () => undefined,
  log: silentLog,
  fetch: () => Promise.reject(new Error("this pack fetches nothing")),
});

/** What a pack gave, also where its process wrote it. */
export function opened(data: unknown): unknown {
  return data instanceof WrittenJson ? JSON.parse(String(Buffer.from(data.written as Uint8Array))) : data;
}

/** An outcome whose data can be looked at. */
export const openedOutcome = (outcome: PackOutcome): PackOutcome =>
  outcome.kind === "done" ? { ...outcome, data: opened(outcome.data) } : outcome;

/** A table as JSON text would give it: rows by option, columns by criterion. */
export function table(
  weights: readonly number[],
  directions: readonly ("max" | "min")[],
  rows: readonly (readonly number[])[],
  extra: Partial<DecisionInputs> = {},
): DecisionInputs {
  const options = rows.map((_, index) => `option ${index + 1}`);
  const criteria = weights.map((weight, index) => ({
    name: `criterion ${index + 1}`,
    weight,
    direction: directions[index] ?? "max",
  }));
  const scores = Object.fromEntries(
    rows.map((row, option) => [
      options[option] ?? "",
      Object.fromEntries(row.map((score, index) => [criteria[index]?.name ?? "", score])),
    ]),
  );
  return { question: "Which one?", mode: "brief", method: "weighted_sum", options, criteria, scores, ...extra };
}

/** Runs the pack without a model on inputs that pass its schema. */
export async function decide(inputs: unknown) {
  const outcome = await decisionPack().run(decisionOffer.inputs.parse(inputs), context());
  if (outcome.kind !== "done") throw new Error(outcome.reason_code);
  return { ...outcome, data: decisionOffer.data.parse(opened(outcome.data)) as Report };
}
