import type { Problem } from "#core/domain/problem.ts";
import { isTerminal } from "#core/domain/run.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import type { EdgeRequest } from "../http/context.ts";
import { scopeMissing, unauthorized } from "../admission/problems.ts";
import type { Caller, ShieldDeps } from "../admission/shield.ts";
import { runNotFound } from "./problems.ts";
import { type RunCheck, watchRun, type WatchDeps } from "./watch-run.ts";

export interface AwaitRequest {
  readonly c: EdgeRequest;
  readonly caller: Caller;
  /** What `Prefer: wait` asks for; undefined where it does not. */
  readonly wait_s: number | undefined;
}

export type AwaitDeps = WatchDeps & Pick<ShieldDeps, "denied_keys">;

/**
 * Waits for the end of a run as long as `Prefer: wait` asks (RFC 7240), and says in the answer what it did: the run as
 * it was last seen. The preference is not applied where too many responses are held open.
 */
export async function awaitEnd(deps: AwaitDeps, request: AwaitRequest, run: FoundRun): Promise<FoundRun> {
  const { c, wait_s } = request;
  const { key_sha256 } = request.caller;
  const { signal } = c.req.raw;
  const mustWait = wait_s !== undefined && wait_s > 0 && !isTerminal(run.status);
  const hold = mustWait ? deps.connections.take(run.tenant_id, signal) : undefined;
  let last = run;
  if (mustWait && hold !== undefined) {
    const until_ms = deps.clock.now() + wait_s * 1000;
    for await (const check of watchRun(deps, run, { key_sha256, until_ms, signal, hold })) {
      last = foundOf(deps, request, check) ?? last;
    }
  }
  c.header("Vary", "Prefer", { append: true });
  if (wait_s !== undefined && (!mustWait || hold !== undefined)) c.header("Preference-Applied", `wait=${wait_s}`);
  return last;
}

/** The run that a check found, or undefined in an outage. Throws the problem where the key may no longer check. */
function foundOf(deps: AwaitDeps, request: AwaitRequest, check: RunCheck): FoundRun | undefined {
  if (check.kind === "found") return check.run;
  if (check.kind === "outage") return undefined;
  throw refusalOf(deps, request, check.kind);
}

/** The problem of a key that may not, or no longer, read this run, in the course of a request that was let in. */
export function refusalOf(
  deps: Pick<ShieldDeps, "denied_keys">,
  { c, caller }: Pick<AwaitRequest, "c" | "caller">,
  kind: "scope-missing" | "absent" | "unauthorized",
): Problem {
  if (kind === "scope-missing") return scopeMissing("read");
  if (kind === "absent") return runNotFound();
  deps.denied_keys.unauthorized(caller.key_sha256);
  // A 401 says nothing of the rate.
  c.set("rate", undefined);
  return unauthorized();
}
