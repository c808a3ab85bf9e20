import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

// Lets `node --import ./backend/text-loader.ts` import statements and scripts as text, as every bundler here does.
registerHooks({
  load(url, context, nextLoad) {
    const { protocol, pathname } = new URL(url);
    if (protocol !== "file:" || !/\.(sql|lua)$/.test(pathname)) return nextLoad(url, context);
    const text = readFileSync(new URL(pathname, "file:"), "utf8");
    return { format: "module", source: `export default ${JSON.stringify(text)};`, shortCircuit: true };
  },
});
