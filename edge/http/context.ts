import type { Context, Handler } from "hono";
import type { ProblemSlug } from "#core/domain/problem.ts";
import type { RateState } from "#core/domain/plan.ts";
import type { Trace } from "#core/domain/trace.ts";
import type { Caller } from "../admission/shield.ts";

/** What middleware and operations know of one request. */
export interface EdgeTypes {
  Variables: {
    request_id: string;
    trace: Trace;
    /** Set when the answer is this problem. */
    problem?: ProblemSlug;
    /** Set when the request has a well-formed key. */
    caller?: Caller;
    /** Set when the body goes out as it is, to the byte. */
    verbatim?: true;
    /** Set when the shield answered. */
    rate?: { readonly policy: "submit" | "read"; readonly state: RateState };
  };
}

export type EdgeRequest = Context<EdgeTypes>;
export type EdgeHandler = Handler<EdgeTypes>;
