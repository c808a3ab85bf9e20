import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { mutationOf } from "./list.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const name = process.env["DPP_SIM_MUTANT"];
const sources = name === undefined ? [] : (mutationOf(name).sources ?? []);

// Loaded before the product: what it imports from here on is the mutant.
registerHooks({
  load(url, context, nextLoad) {
    const path = url.startsWith("file:") ? fileURLToPath(url).slice(ROOT.length) : "";
    const mine = sources.filter((source) => source.file === path);
    if (mine.length === 0) return nextLoad(url, context);
    const text = mine.reduce(
      (source, { find, put }) => replaceOnce(source, find, put, path),
      readFileSync(ROOT + path, "utf8"),
    );
    if (/\.(sql|lua)$/.test(path))
      return { format: "module", source: `export default ${JSON.stringify(text)};`, shortCircuit: true };
    return { format: "module-typescript", source: text, shortCircuit: true };
  },
});

function replaceOnce(text: string, find: string, put: string, path: string): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${path} holds ${parts.length - 1} times: ${find}`);
  return parts.join(put);
}
