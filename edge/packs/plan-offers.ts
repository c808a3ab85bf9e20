import type { PackOffer } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { Problem } from "#core/domain/problem.ts";
import { findPlan, type OwnPlan } from "#core/store/plans/find-plan.ts";
import { packView, type PackView } from "./view.ts";
import { read } from "../admission/read.ts";
import type { Caller, ShieldDeps } from "../admission/shield.ts";
import type { Outcome } from "../runs/submit.ts";

/** Everything that can be bought, and whether the caller's plan includes it. */
export async function listPacks(deps: ShieldDeps, caller: Caller): Promise<Outcome<readonly PackView[]>> {
  return withPlan(deps, caller, (plan) => [...catalog.values()].map((offer) => packView(offer, plan)));
}

/** One pack of the catalogue. */
export async function showPack(deps: ShieldDeps, caller: Caller, pack_type: string): Promise<Outcome<PackView>> {
  const offer: PackOffer | undefined = catalog.get(pack_type);
  return withPlan(deps, caller, (plan) =>
    offer === undefined ? new Problem("not-found", "There is no such pack.") : packView(offer, plan),
  );
}

async function withPlan<T>(
  deps: ShieldDeps,
  caller: Caller,
  tell: (plan: OwnPlan) => T | Problem,
): Promise<Outcome<T>> {
  const { rate, verdict } = await read(deps, caller, () => findPlan(deps.db, caller.key_sha256));
  if (verdict instanceof Problem) return { rate, verdict };
  if (verdict.kind !== "found") throw new Error("a plan was not looked for");
  return { rate, verdict: tell(verdict.plan) };
}
