import type { z } from "zod";
import { Problem } from "#core/domain/problem.ts";
import { resultKey } from "#core/domain/receipt.ts";
import { isTerminal } from "#core/domain/run.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { ObjectPresigner } from "#core/ports/objects.ts";
import type { FoundRun } from "#core/store/postgres/find-run.ts";
import { callerOf } from "../authenticate.ts";
import type { EdgeHandler, EdgeRequest } from "../context.ts";
import type { resultView } from "../docs/answers/runs.ts";
import { findOwnRun, isExpired } from "../find-own-run.ts";
import { requireKnownQuery } from "../known-query.ts";
import type { ShieldDeps } from "../shield.ts";

const URL_SECONDS = 900;
const CONTENT_TYPE = "application/json";

interface ResultDeps extends ShieldDeps {
  readonly clock: Clock;
  readonly objects: ObjectPresigner;
}

/** `GET /v1/runs/{id}/result` */
export function getResult(deps: ResultDeps): EdgeHandler {
  return async (c) => {
    callerOf(c);
    requireKnownQuery(c, ["redirect"]);
    const redirect = wantsRedirect(c);
    const run = await findOwnRun(deps, c);
    const result = resultOf(run);
    const expires_at = expiryOf(deps.clock.now());
    const url = await deps.objects.presign(result.key, URL_SECONDS);
    if (redirect) return c.redirect(url, 302);
    const body: z.input<typeof resultView> = {
      url,
      sha256: result.sha256,
      size_bytes: result.size_bytes,
      content_type: CONTENT_TYPE,
      expires_at,
    };
    return c.json(body);
  };
}

/** A signature bears its time in whole seconds: the address lives from the second in which it is signed. */
const expiryOf = (now_ms: number): string => new Date((Math.floor(now_ms / 1000) + URL_SECONDS) * 1000).toISOString();

function wantsRedirect(c: EdgeRequest): boolean {
  const [redirect = "false", ...more] = c.req.queries("redirect") ?? [];
  if (more.length === 0 && (redirect === "true" || redirect === "false")) return redirect === "true";
  throw new Problem("invalid-request", "The query parameter redirect is either true or false, given once.", {
    errors: [{ parameter: "redirect", detail: "must be true or false, given once" }],
  });
}

function resultOf(run: FoundRun): { readonly key: string; readonly sha256: string; readonly size_bytes: number } {
  if (isExpired(run)) throw new Problem("result-expired");
  if (!isTerminal(run.status)) {
    throw new Problem("run-not-completed", `The run is ${run.status}.`, { retry_after_s: 1 });
  }
  if (run.status !== "COMPLETED")
    throw new Problem("run-not-completed", `The run ended ${run.status}, without a result.`);
  const { tenant_id, run_id, result_attempt, result_sha256, result_bytes } = run;
  if (result_attempt === null || result_sha256 === null || result_bytes === null) {
    throw new Error(`the completed run ${run_id} says nothing of its result`);
  }
  return { key: resultKey(tenant_id, run_id, result_attempt), sha256: result_sha256, size_bytes: result_bytes };
}
