import type { PackOffer } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import type { Written } from "#core/domain/written-json.ts";
import { serve } from "../packs/isolation/serve.ts";
import { jsonWork, type ReadInputs } from "./json-work.ts";

/** Text of inputs to read for a pack, or a value to write; where a pack is named, the value is its data. */
export type JsonTask =
  | { readonly kind: "read"; readonly pack_type: string; readonly text: string }
  | { readonly kind: "write"; readonly value: unknown; readonly data_of?: string };

function offerOf(pack_type: string): PackOffer {
  const offer = catalog.get(pack_type);
  if (offer === undefined) throw new Error("no such pack in the catalogue");
  return offer;
}

serve((task: JsonTask): ReadInputs | Written => {
  if (task.kind === "read") return jsonWork.read(offerOf(task.pack_type), task.text);
  return jsonWork.write(task.value, task.data_of === undefined ? undefined : offerOf(task.data_of).data);
});
