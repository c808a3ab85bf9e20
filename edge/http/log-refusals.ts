import type { MiddlewareHandler } from "hono";
import type { ProblemSlug } from "#core/domain/problem.ts";
import type { Log } from "#core/ports/log.ts";
import { addressOf } from "../admission/authenticate.ts";
import type { IsolateRateLimiter } from "../admission/isolate-rate-limiter.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import type { EdgeRequest, EdgeTypes } from "./context.ts";
import type { Refusal } from "./refusals.ts";
import { routeOf } from "./route.ts";

interface RefusalDeps extends Pick<ShieldDeps, "tenants"> {
  readonly log: Log;
  /** Lines about refusals, by key hash, or by address where no store has confirmed the key to this isolate. */
  readonly refusal_lines: IsolateRateLimiter;
}

/**
 * One log line for every answer of 4xx or 5xx, and for every refusal within an answer of 200, by which its trace_id is found:
 * who asked, by ids alone, for which route or tool, and what it was. The line is the metric `answered` too. Of a flood from
 * one caller most are only counted: in the `value` of the next line of the same labels.
 */
export function logRefusals(deps: RefusalDeps): MiddlewareHandler<EdgeTypes> {
  const uncounted = new Map<string, number>();
  return async (c, next) => {
    await next();
    const { status } = c.res;
    if (status >= 400) write(c, c.get("problem"), {});
    else for (const { slug, ...more } of c.get("refusals") ?? []) write(c, slug, more);
  };

  function write(c: EdgeRequest, slug: ProblemSlug | undefined, more: Omit<Refusal, "slug"> | object): void {
    const { status } = c.res;
    const labels = { status: String(status), ...(slug !== undefined && { slug }) };
    const kind = `${status} ${slug}`;
    const value = (uncounted.get(kind) ?? 0) + 1;
    const { name, ...ids } = whoAsks(deps, c);
    const isWritten = deps.refusal_lines.take(name).allowed;
    uncounted.set(kind, isWritten ? 0 : value);
    if (!isWritten) return;
    const { trace_id } = c.get("trace");
    const asked = { method: c.req.method, route: routeOf(c) ?? null, ...more };
    const line = { metric: "answered", kind: "count", value, labels, trace_id, ...ids, ...asked };
    if (status < 500) deps.log.info("request refused", line);
    else deps.log.warn("request refused", line);
  }
}

/** The ids of the tenant and the key, where a store has confirmed the key to this isolate. */
function whoAsks({ tenants }: RefusalDeps, c: EdgeRequest) {
  const caller = c.get("caller");
  const owner = caller && tenants.get(caller.key_sha256);
  if (caller === undefined || owner === undefined) return { name: addressOf(c), tenant_id: null, key_id: null };
  return { name: caller.key_sha256, tenant_id: owner.tenant_id, key_id: owner.key_id ?? null };
}
