import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The edge as one ES module, the way that wrangler would bundle it. */
export async function bundleEdge(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL("../../edge/main.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["browser", "module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    loader: { ".lua": "text", ".sql": "text" },
    logLevel: "silent",
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error("esbuild wrote nothing");
  return file.text;
}
