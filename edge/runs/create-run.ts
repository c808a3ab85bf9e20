import type { z } from "zod";
import { idempotencyKey } from "#core/domain/idempotency.ts";
import { formatUsd } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import { parseJson, readBody } from "../http/body.ts";
import type { EdgeHandler, EdgeRequest } from "../http/context.ts";
import { deferTo } from "../http/defer.ts";
import type { accepted } from "./schemas.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { type ReadBodyDeps, readValid } from "../admission/read-body.ts";
import { readRunRequest, type ReadRunDeps } from "./read-run-request.ts";
import { submit, type SubmitDeps, type SubmitRequest, type Submitted } from "./submit.ts";

const POLL_INTERVAL_MS = 1_000;

type CreateRunDeps = Omit<SubmitDeps, "defer"> & ReadBodyDeps & ReadRunDeps;

/** `POST /v1/runs`: S0, then submit. */
export function createRun(deps: CreateRunDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    readQuery(c, NO_QUERY);
    const request = await readValid(deps, caller, () => readSubmit(deps, c), "submit");

    const { rate, verdict } = await submit({ ...deps, defer: deferTo(c, deps) }, caller, request);
    if (rate !== undefined) c.set("rate", { policy: "submit", state: rate });
    if (verdict instanceof Problem) throw verdict;
    return answer(c, verdict);
  };
}

async function readSubmit(deps: CreateRunDeps, c: EdgeRequest): Promise<SubmitRequest> {
  const bytes = await readBody(c.req.raw);
  const idempotency_key = keyOf(c);
  return { ...readRunRequest(deps, parseJson(bytes)).request, idempotency_key, traceparent: c.get("trace").parent };
}

function keyOf(c: EdgeRequest): string {
  const key = idempotencyKey.safeParse(c.req.header("Idempotency-Key"));
  if (key.success) return key.data;
  throw new Problem("invalid-idempotency-key", undefined, {
    errors: [
      {
        header: "Idempotency-Key",
        detail: "must be one of 8 to 64 printable ASCII characters, no comma with a space behind it",
      },
    ],
  });
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
