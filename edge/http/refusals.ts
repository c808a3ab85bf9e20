import type { ProblemSlug } from "#core/domain/problem.ts";
import type { EdgeRequest } from "./context.ts";

/** A refusal within an answer whose status does not say so: of a tool, or an error of JSON-RPC. */
export interface Refusal {
  readonly slug: ProblemSlug;
  /** Null: it concerns none. */
  readonly tool: string | null;
  readonly rpc_code?: number;
}

/** Those of this request, in their order, for the log. */
export function refusalsOf(c: EdgeRequest): Refusal[] {
  const known = c.get("refusals");
  if (known !== undefined) return known;
  const none: Refusal[] = [];
  c.set("refusals", none);
  return none;
}
