import type { z } from "zod";
import { newId } from "#core/domain/ids.ts";
import { formatUsd } from "#core/domain/money.ts";
import { type Problem, PROBLEMS, problemType } from "#core/domain/problem.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";
import { submitRun } from "#core/store/runs/submit-run.ts";
import type { estimateView } from "./estimate-schema.ts";
import { viewPrices } from "../packs/view.ts";
import type { Gate } from "../admission/gate.ts";
import type { RunOrder } from "./read-run-request.ts";
import { maxCostBelowPrice, SUBMIT_DEADLINE_MS } from "./problems.ts";
import type { Caller, ShieldDeps } from "../admission/shield.ts";
import { refusalFor } from "./submit.ts";

export interface EstimateDeps extends Pick<ShieldDeps, "db"> {
  readonly clock: Clock;
  readonly random: Random;
}

type EstimateView = z.input<typeof estimateView>;

/**
 * What a submit of this order would reserve and likely cost, and whether it would be taken: a dry run of the function
 * that takes submits. `origin` is where the deployment says it is.
 */
export async function estimate(
  { caller, read }: Gate,
  deps: EstimateDeps,
  order: RunOrder,
  origin: string | undefined,
): Promise<EstimateView> {
  const result = await read(() => dryRun(deps, caller, order));
  if (result.kind === "undecided") throw result.problem;
  if (result.kind !== "decided") throw new Error("an estimate was not decided");
  // As a submit has it: what Postgres refuses comes first.
  const { reserve, price, refusal: undoable } = order.request;
  const refusal = result.refusal ?? undoable ?? maxCostBelowPrice(reserve, price) ?? null;
  return view(order, refusal, origin);
}

type DryRun =
  | { readonly kind: "unauthorized" | "scope-missing" }
  /** No answer to the question: the estimate itself is refused. */
  | { readonly kind: "undecided"; readonly problem: Problem }
  | { readonly kind: "decided"; readonly refusal: Problem | null };

async function dryRun(deps: EstimateDeps, caller: Caller, { request }: RunOrder): Promise<DryRun> {
  const now = deps.clock.now();
  // Nobody has used it: what is asked is whether a new run would be taken.
  const fresh_id = newId(now, deps.random.bytes(16));
  const found = await submitRun(
    deps.db,
    {
      ...request,
      ...request.content(),
      key_sha256: caller.key_sha256,
      run_id: fresh_id,
      idempotency_key: fresh_id,
      traceparent: "",
    },
    { mode: "dry-run", deadline_ms: now + SUBMIT_DEADLINE_MS },
  );
  switch (found.outcome) {
    case "absent":
      return { kind: "decided", refusal: null };
    case "unauthorized":
    case "scope-missing":
      return { kind: found.outcome };
    case "insufficient":
    case "too-many-open":
    case "read-scope-missing":
    case "pack-not-in-plan":
    case "cost-over-plan-limit":
    case "read-only":
      return { kind: "decided", refusal: refusalFor(found, request) };
    case "late":
      return { kind: "undecided", problem: refusalFor(found, request) };
    case "inserted":
    case "existing":
    case "conflict":
    case "run-id-taken":
      throw new Error(`a dry run under a fresh key found ${found.outcome}`);
  }
}

function view(
  { offer, estimate, request }: RunOrder,
  refusal: Problem | null,
  origin: string | undefined,
): EstimateView {
  const { least, most } = request.price;
  return {
    pack_type: offer.type,
    pack_version: offer.version,
    reserved_usd: formatUsd(request.reserve),
    price_usd: estimate.exact ? formatUsd(least) : null,
    least_price_usd: formatUsd(least),
    most_price_usd: formatUsd(most),
    minimum_fee_usd: formatUsd(request.minimum_fee),
    estimated_cost_usd: formatUsd(least),
    estimate_is_exact: estimate.exact,
    units: { ...estimate.units },
    needs_input: estimate.needs_input === undefined ? null : [...estimate.needs_input],
    prices: viewPrices(offer),
    admitted: refusal === null,
    refusal: refusal === null ? null : refusalView(refusal, origin),
  };
}

function refusalView(problem: Problem, origin: string | undefined): NonNullable<EstimateView["refusal"]> {
  const { slug, detail, extras } = problem;
  const { title, status } = PROBLEMS[slug];
  return { type: problemType(slug, origin), code: slug, title, status, detail, ...extras.members };
}
