import { z } from "zod";
import { newId } from "#core/domain/ids.ts";
import { formatUsd } from "#core/domain/money.ts";
import { chargeFor } from "#core/domain/pack.ts";
import { PROBLEMS } from "#core/domain/problem.ts";
import { submitRun as lookAtSubmit, type SubmitAnswer } from "#core/store/postgres/submit-run.ts";
import { minimum_fee_usd, usd } from "../../docs/answers/figures.ts";
import { type RunOrder, readRunRequest } from "../../read-run-request.ts";
import { read } from "../../read.ts";
import { SUBMIT_DEADLINE_MS, unavailable } from "../../refusals.ts";
import { fitting } from "../arguments.ts";
import { type Conversation, settled } from "../conversation.ts";
import { orderArguments } from "../run-arguments.ts";
import { READS, type Tool } from "../tool.ts";

const output = z.strictObject({
  pack_type: z.string(),
  pack_version: z.string(),
  reserved_cost_usd: usd.describe("What a submit would reserve: max_cost_usd."),
  minimum_fee_usd,
  estimated_cost_usd: usd.describe("The price of `units`, and never more than max_cost_usd."),
  estimate_is_exact: z.boolean().describe("False: only the work itself can tell, and it may cost more."),
  units: z.record(z.string(), z.int()).describe("The units of work that these inputs will use."),
  admitted: z.boolean().describe("Whether a submit would be taken at this moment."),
  refusal: z
    .strictObject({ type: z.url(), title: z.string(), status: z.int(), detail: z.string() })
    .nullable()
    .describe("The problem that a submit would be answered with; null if it would be taken."),
});

export const estimateRun: Tool = {
  name: "estimate_run",
  title: "Estimate a run",
  description:
    "What a submit_run with these arguments would reserve and likely cost, and whether it would be taken now; if not, `refusal` says why. Checks the inputs as submit_run does. Reserves nothing and costs nothing. Needs a key with the scope submit.",
  input: orderArguments,
  output,
  annotations: READS,
  long: false,
  async call(talk, given) {
    const order = await fitting(talk, () => readRunRequest(given));
    const { deps, caller } = talk;
    const looked = await read(deps, caller, () => look(talk, order), "submit");
    const found = settled(talk, "read", looked);
    if (found.kind !== "looked") throw new Error("a submit was not looked at");
    if (found.outcome === "late") throw unavailable();
    return { structure: view(talk, order, found.outcome) };
  },
};

type Looked =
  | { readonly kind: "unauthorized" | "scope-missing" }
  | { readonly kind: "looked"; readonly outcome: SubmitAnswer["outcome"] };

/** Postgres is asked by the function that takes submits, told to look only, for a key that nobody has used. */
async function look({ deps, caller }: Conversation, { request }: RunOrder): Promise<Looked> {
  const now = deps.clock.now();
  const fresh_id = newId(now, deps.random.bytes(16));
  const submission = { ...request, key_sha256: caller.key_sha256, run_id: fresh_id, idempotency_key: fresh_id };
  const answer = await lookAtSubmit(
    deps.db,
    { ...submission, traceparent: "" },
    { mode: "look", deadline_ms: now + SUBMIT_DEADLINE_MS },
  );
  const { outcome } = answer;
  return outcome === "unauthorized" || outcome === "scope-missing" ? { kind: outcome } : { kind: "looked", outcome };
}

const REFUSED = {
  insufficient: "budget-exceeded",
  "too-many-open": "too-many-open-runs",
  "pack-not-in-plan": "pack-not-in-plan",
  "cost-over-plan-limit": "cost-over-plan-limit",
  "read-only": "read-only",
} as const;

const isRefused = (outcome: SubmitAnswer["outcome"]): outcome is keyof typeof REFUSED =>
  Object.hasOwn(REFUSED, outcome);

function view(
  { c }: Conversation,
  { offer, inputs, request }: RunOrder,
  outcome: SubmitAnswer["outcome"],
): z.input<typeof output> {
  const { units, exact } = offer.estimate(inputs);
  const slug = isRefused(outcome) ? REFUSED[outcome] : undefined;
  return {
    pack_type: offer.type,
    pack_version: offer.version,
    reserved_cost_usd: formatUsd(request.reserve),
    minimum_fee_usd: formatUsd(request.minimum_fee),
    estimated_cost_usd: formatUsd(chargeFor(offer.prices, units, request.reserve)),
    estimate_is_exact: exact,
    units: { ...units },
    admitted: slug === undefined,
    refusal: slug === undefined ? null : refusalOf(slug, new URL(c.req.url).origin),
  };
}

function refusalOf(slug: (typeof REFUSED)[keyof typeof REFUSED], origin: string) {
  const { title, status, meaning } = PROBLEMS[slug];
  return { type: `${origin}/problems/${slug}`, title, status, detail: meaning };
}
