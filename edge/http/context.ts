import type { Context, Handler } from "hono";
import type { ProblemSlug } from "#core/domain/problem.ts";
import type { RateState } from "#core/domain/plan.ts";
import type { Trace } from "#core/domain/trace.ts";
import type { Refusal } from "./refusals.ts";
import type { Caller } from "../admission/shield.ts";

/** What middleware and operations know of one request. */
export interface EdgeTypes {
  Variables: {
    request_id: string;
    trace: Trace;
    /** Sends the spans that have ended; undefined where none are recorded. */
    flushTraces?: (() => Promise<void>) | undefined;
    /** Where the deployment says it is; undefined where it does not. */
    origin?: string | undefined;
    /** Set when the answer is this problem. */
    problem?: ProblemSlug | undefined;
    /** Within an answer whose status does not say so. */
    refusals?: Refusal[];
    /** Of a route that needs no API key: pages of any origin may read it. */
    public?: boolean;
    /** Set when the request has a well-formed key. */
    caller?: Caller;
    /** Set when the shield answered. */
    rate?: { readonly policy: "submit" | "read"; readonly state: RateState };
  };
}

export type EdgeRequest = Context<EdgeTypes>;
export type EdgeHandler = Handler<EdgeTypes>;
