import { catalog } from "#core/domain/packs/catalog.ts";
import { Problem } from "#core/domain/problem.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { ownPlan } from "./own-plan.ts";
import { PACK_TYPE, packView } from "./schemas.ts";
import { viewPack } from "./view.ts";

export const getPack = operation({
  id: "getPack",
  method: "GET",
  path: "/v1/packs/{type}",
  scope: "read",
  tag: "packs",
  summary: "Read a pack",
  description: "One pack, as in the list.",
  params: {
    type: {
      parse: (value = "") => catalog.get(value),
      document: {
        description: "The pack's type.",
        schema: { type: "string", pattern: PACK_TYPE.source },
        example: "url",
      },
    },
  },
  responses: { 200: { description: "The pack.", schema: packView } },
  problems: ["not-found"],
  async handle(request, deps: ShieldDeps) {
    const plan = await ownPlan(request, deps);
    const { type: offer } = request.params;
    if (offer === undefined) throw new Problem("not-found", "Pack not found.");
    return request.json(200, viewPack(offer, plan));
  },
});
