import { isTerminal } from "#core/domain/run.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import type { EdgeRequest } from "../http/context.ts";
import { scopeMissing, unauthorized } from "../admission/problems.ts";
import type { Caller, ShieldDeps } from "../admission/shield.ts";
import { noSuchRun } from "./problems.ts";
import { type Look, watchRun, type WatchDeps } from "./watch-run.ts";

interface AwaitRequest {
  readonly c: EdgeRequest;
  readonly caller: Caller;
  /** What `Prefer: wait` asks for; undefined where it does not. */
  readonly wait_s: number | undefined;
}

export type AwaitDeps = WatchDeps & Pick<ShieldDeps, "denied_keys">;

/**
 * Waits for the end of a run as long as `Prefer: wait` asks (RFC 7240), and says in the answer what it did: the run as
 * it was last seen. Where as many answers are held as may be, the preference is not applied.
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
    for await (const look of watchRun(deps, run, { key_sha256, until_ms, signal, hold })) {
      last = foundOf(deps, request, look) ?? last;
    }
  }
  c.header("Vary", "Prefer", { append: true });
  if (wait_s !== undefined && (!mustWait || hold !== undefined)) c.header("Preference-Applied", `wait=${wait_s}`);
  return last;
}

/** The run that a look found, or undefined in an outage. Throws the problem where the key may no longer look. */
function foundOf(deps: AwaitDeps, { c, caller }: AwaitRequest, look: Look): FoundRun | undefined {
  if (look.kind === "found") return look.run;
  if (look.kind === "outage") return undefined;
  if (look.kind === "scope-missing") throw scopeMissing("read");
  if (look.kind === "absent") throw noSuchRun();
  deps.denied_keys.unauthorized(caller.key_sha256);
  // A refused key is not told where it stands.
  c.set("rate", undefined);
  throw unauthorized();
}
