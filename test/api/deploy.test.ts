import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

test("wrangler builds what it would deploy", async () => {
  const outdir = mkdtempSync(join(tmpdir(), "dpp-wrangler-"));
  const wrangler = spawn(
    process.execPath,
    [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--outdir", outdir],
    { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: outdir } },
  );
  let output = "";
  for (const stream of [wrangler.stdout, wrangler.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = await once(wrangler, "exit");
  expect(code, output).toBe(0);
  expect(readFileSync(join(outdir, "main.js"), "utf8")).toContain("dpp_");
  rmSync(outdir, { recursive: true, force: true });
});
