import { catalog } from "#core/domain/packs/catalog.ts";
import type { PackOffer } from "#core/domain/pack.ts";
import { readRequest } from "../routes/create-run.ts";
import type { SubmitRequest } from "../submit.ts";
import type { Json } from "./tool.ts";

export interface Order {
  readonly offer: PackOffer;
  readonly inputs: unknown;
  readonly request: Omit<SubmitRequest, "idempotency_key" | "traceparent">;
}

/** What arguments order that are the body of a submit. Throws the 400 problem for what does not fit. */
export function orderOf(body: Json): Order {
  const request = readRequest(body);
  const offer = catalog.get(request.pack_type);
  if (offer === undefined) throw new Error(`no offer for the pack ${request.pack_type}`);
  return { offer, inputs: offer.inputs.parse(body["inputs"]), request };
}
