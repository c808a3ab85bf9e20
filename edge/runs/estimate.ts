import type { z } from "zod";
import { newId } from "#core/domain/ids.ts";
import { formatUsd } from "#core/domain/money.ts";
import { Problem, PROBLEMS } from "#core/domain/problem.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";
import { submitRun } from "#core/store/runs/submit-run.ts";
import type * as answers from "./estimate-schema.ts";
import { pricesView } from "../packs/view.ts";
import { read } from "../admission/read.ts";
import type { RunOrder } from "./read-run-request.ts";
import { maxCostBelowPrice, SUBMIT_DEADLINE_MS } from "../admission/refusals.ts";
import type { Caller, ShieldDeps } from "../admission/shield.ts";
import { type Outcome, refusalFor } from "./submit.ts";

export interface EstimateDeps extends ShieldDeps {
  readonly clock: Clock;
  readonly random: Random;
}

type EstimateView = z.input<typeof answers.estimateView>;

/**
 * What a submit of this order would reserve and likely cost, and whether it would be taken: Postgres is asked by the
 * function that takes submits, told to look only. `origin` is where the pages about problems are.
 */
export async function estimate(
  deps: EstimateDeps,
  caller: Caller,
  order: RunOrder,
  origin: string,
): Promise<Outcome<EstimateView>> {
  const { rate, verdict } = await read(deps, caller, () => look(deps, caller, order), "submit");
  if (verdict instanceof Problem) return { rate, verdict };
  if (verdict.kind === "undecided") return { rate, verdict: verdict.problem };
  // As a submit has it: what Postgres refuses comes first.
  const { reserve, price } = order.request;
  const refusal = verdict.refusal ?? maxCostBelowPrice(reserve, price) ?? null;
  return { rate, verdict: view(order, refusal, origin) };
}

type Looked =
  | { readonly kind: "unauthorized" | "scope-missing" }
  /** No answer to the question: the estimate itself is refused. */
  | { readonly kind: "undecided"; readonly problem: Problem }
  | { readonly kind: "decided"; readonly refusal: Problem | null };

async function look(deps: EstimateDeps, caller: Caller, { request }: RunOrder): Promise<Looked> {
  const now = deps.clock.now();
  // Nobody has used it: what is asked is whether a new run would be taken.
  const fresh_id = newId(now, deps.random.bytes(16));
  const answer = await submitRun(
    deps.db,
    {
      ...request,
      ...request.content(),
      key_sha256: caller.key_sha256,
      run_id: fresh_id,
      idempotency_key: fresh_id,
      traceparent: "",
    },
    { mode: "look", deadline_ms: now + SUBMIT_DEADLINE_MS },
  );
  switch (answer.outcome) {
    case "absent":
      return { kind: "decided", refusal: null };
    case "unauthorized":
    case "scope-missing":
      return { kind: answer.outcome };
    case "insufficient":
    case "too-many-open":
    case "pack-not-in-plan":
    case "cost-over-plan-limit":
    case "read-only":
      return { kind: "decided", refusal: refusalFor(answer, request) };
    case "late":
      return { kind: "undecided", problem: refusalFor(answer, request) };
    case "inserted":
    case "existing":
    case "conflict":
    case "run-id-taken":
      throw new Error(`a look at a fresh key found ${answer.outcome}`);
  }
}

function view({ offer, estimate, request }: RunOrder, refusal: Problem | null, origin: string): EstimateView {
  const { least, most } = request.price;
  return {
    pack_type: offer.type,
    pack_version: offer.version,
    reserved_cost_usd: formatUsd(request.reserve),
    price_usd: estimate.exact ? formatUsd(least) : null,
    least_price_usd: formatUsd(least),
    most_price_usd: formatUsd(most),
    minimum_fee_usd: formatUsd(request.minimum_fee),
    estimated_cost_usd: formatUsd(least),
    estimate_is_exact: estimate.exact,
    units: { ...estimate.units },
    needs_input: estimate.needs_input === undefined ? null : [...estimate.needs_input],
    prices: pricesView(offer),
    admitted: refusal === null,
    refusal: refusal === null ? null : refusalView(refusal, origin),
  };
}

function refusalView({ slug, detail, extras }: Problem, origin: string): NonNullable<EstimateView["refusal"]> {
  const { title, status } = PROBLEMS[slug];
  return { type: `${origin}/problems/${slug}`, slug, title, status, detail, ...extras.members };
}
