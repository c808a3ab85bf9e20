import { catalog } from "#core/domain/packs/catalog.ts";
import type { Written } from "#core/domain/written-json.ts";
import { serve } from "../packs/isolation/serve.ts";
import { jsonWork, type ReadInputs } from "./json-work.ts";

/** Text of inputs to read for a pack, or a value to write. */
export type JsonTask =
  | { readonly kind: "read"; readonly pack_type: string; readonly text: string }
  | { readonly kind: "write"; readonly value: unknown };

function read(pack_type: string, text: string): ReadInputs {
  const offer = catalog.get(pack_type);
  if (offer === undefined) throw new Error("no such pack in the catalogue");
  return jsonWork.read(offer, text);
}

serve((task: JsonTask): ReadInputs | Written =>
  task.kind === "read" ? read(task.pack_type, task.text) : jsonWork.write(task.value),
);
