import type { z } from "zod";
import { canonicalJson, idempotencyKey, payloadHash } from "#core/domain/idempotency.ts";
import { formatUsd, minimumFee } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { Problem } from "#core/domain/problem.ts";
import { parseRunRequest } from "#core/domain/run-request.ts";
import { callerOf } from "../authenticate.ts";
import { parseJson, readBody } from "../body.ts";
import type { EdgeHandler, EdgeRequest } from "../context.ts";
import { deferTo } from "../defer.ts";
import type { accepted } from "../docs/answers/runs.ts";
import { bodyProblem } from "../faults.ts";
import { requireKnownQuery } from "../known-query.ts";
import { type FitDeps, readFit } from "../fit.ts";
import { submit, type SubmitDeps, type SubmitRequest, type Submitted } from "../submit.ts";

const POLL_INTERVAL_MS = 1_000;

/** `POST /v1/runs`: S0, then submit. */
export function createRun(deps: Omit<SubmitDeps, "defer"> & FitDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    requireKnownQuery(c);
    const request = await readFit(deps, caller, () => readSubmit(c));

    const { rate, verdict } = await submit({ ...deps, defer: deferTo(c, deps) }, caller, request);
    if (rate !== undefined) c.set("rate", { policy: "submit", state: rate });
    if (verdict instanceof Problem) throw verdict;
    return answer(c, verdict);
  };
}

async function readSubmit(c: EdgeRequest): Promise<SubmitRequest> {
  const bytes = await readBody(c.req.raw);
  const idempotency_key = keyOf(c);
  return { ...readRequest(parseJson(bytes)), idempotency_key, traceparent: c.get("trace").parent };
}

function keyOf(c: EdgeRequest): string {
  const key = idempotencyKey.safeParse(c.req.header("Idempotency-Key"));
  if (key.success) return key.data;
  throw new Problem("invalid-idempotency-key", undefined, {
    errors: [{ header: "Idempotency-Key", detail: "must be 8 to 64 printable ASCII characters" }],
  });
}

function readRequest(body: unknown): Omit<SubmitRequest, "idempotency_key" | "traceparent"> {
  const parsed = parseRunRequest(body);
  if ("error" in parsed) throw bodyProblem(parsed.error);
  const { request } = parsed;
  const { inputs } = body as { readonly inputs: unknown };
  const offer = catalog.get(request.pack_type);
  if (offer === undefined) throw new Error(`no offer for the pack ${request.pack_type}`);
  return {
    payload_sha256: payloadHash(body),
    pack_type: offer.type,
    pack_version: offer.version,
    inputs: canonicalJson(inputs),
    metadata: request.metadata ?? {},
    reserve: request.max_cost_usd,
    minimum_fee: minimumFee(request.max_cost_usd),
    timebox_sec: request.timebox_sec,
    min_reliability: request.min_reliability_score ?? null,
  };
}

function answer(c: EdgeRequest, run: Submitted): Response {
  const href = `/v1/runs/${run.run_id}`;
  const reserved = formatUsd(run.reserved);
  const minimum_fee = formatUsd(run.minimum_fee);
  const body: z.input<typeof accepted> = {
    run_id: run.run_id,
    status: run.status,
    created_at: run.created_at.toISOString(),
    reserved_cost_usd: reserved,
    minimum_fee_usd: minimum_fee,
    poll: { href, recommended_interval_ms: POLL_INTERVAL_MS },
  };
  return c.json(body, 202, {
    Location: href,
    "X-DPP-Cost-Reserved": reserved,
    "X-DPP-Cost-Minimum-Fee": minimum_fee,
    ...(run.replayed && { "Idempotency-Replayed": "true" }),
  });
}
