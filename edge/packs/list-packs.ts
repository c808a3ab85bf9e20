import { catalog } from "#core/domain/packs/catalog.ts";
import type { Db } from "#core/ports/db.ts";
import type { Gate } from "../admission/gate.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { ownPlan } from "./own-plan.ts";
import { packList } from "./schemas.ts";
import { type PackView, viewPack } from "./view.ts";

export const listPacks = operation({
  id: "listPacks",
  method: "GET",
  path: "/v1/packs",
  scope: "read",
  tag: "packs",
  summary: "List packs",
  description: "All packs: what each does, its inputs and prices, and an example body.",
  responses: { 200: { description: "The catalogue.", schema: packList } },
  handle: async (request, deps: ShieldDeps) => request.json(200, { packs: await readPacks(request, deps) }),
});

/** Every pack, and whether the caller's plan includes it. */
export async function readPacks(gate: Gate, deps: { readonly db: Db }): Promise<PackView[]> {
  const plan = await ownPlan(gate, deps);
  return [...catalog.values()].map((offer) => viewPack(offer, plan));
}
