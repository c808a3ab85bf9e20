import { catalog } from "#core/domain/packs/catalog.ts";
import type { Scope } from "#core/domain/plan.ts";
import { Problem } from "#core/domain/problem.ts";
import { findBudget } from "#core/store/ledger/find-budget.ts";
import { type Gate, gateOf } from "../admission/gate.ts";
import type { Caller } from "../admission/shield.ts";
import type { EdgeRequest } from "../http/context.ts";
import { type Defer, deferTo } from "../http/defer.ts";
import { ownPlan } from "../packs/own-plan.ts";
import type { McpDeps } from "./deps.ts";

/** One request of one caller, from which any number of use cases may be called. */
export interface McpContext {
  readonly c: EdgeRequest;
  readonly deps: McpDeps & { readonly defer: Defer };
  readonly caller: Caller;
  /** All waits of one request together end here: a batch waits no longer than one message. */
  readonly wait_until_ms: number;
}

export const MAX_WAIT_S = 30;

export const contextOf = (c: EdgeRequest, deps: McpDeps, caller: Caller): McpContext => ({
  c,
  deps: { ...deps, defer: deferTo(c, deps) },
  caller,
  wait_until_ms: deps.clock.now() + MAX_WAIT_S * 1_000,
});

/** The gate of a tool that needs this scope. */
export const gateFor = ({ c, deps, caller }: McpContext, scope: Scope): Gate => gateOf(c, deps, caller, scope);

/** The packs that the caller's plan includes; all of them where the key may not read that. Counts as a read. */
export async function ownPacks(ctx: McpContext): Promise<readonly string[]> {
  try {
    const { pack_types } = await ownPlan(gateFor(ctx, "read"), ctx.deps);
    return [...catalog.keys()].filter((type) => pack_types.includes(type));
  } catch (error) {
    if (error instanceof Problem && error.slug === "scope-missing") return [...catalog.keys()];
    throw error;
  }
}

/** Counts a request that asks for nothing of the account's own: any valid key may, whatever its scopes. */
export async function knownCaller(ctx: McpContext): Promise<void> {
  const { deps, caller } = ctx;
  try {
    await gateFor(ctx, "read").read(() => findBudget(deps.db, caller.key_sha256));
  } catch (error) {
    if (!(error instanceof Problem && error.slug === "scope-missing")) throw error;
  }
}
