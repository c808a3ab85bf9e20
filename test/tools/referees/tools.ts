import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export const HERE = fileURLToPath(new URL(".", import.meta.url));
const MODULES = join(HERE, "node_modules");

const packageJson = z.object({ bin: z.union([z.string(), z.record(z.string(), z.string())]) });

/** None of the tools tells anybody that it runs. */
const QUIET = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", NO_COLOR: "1" };

/** The referees' packages stand apart: one of them wants another TypeScript than the house's. */
export async function installTools(): Promise<void> {
  if (existsSync(join(MODULES, "typescript"))) return;
  console.log("Installing the referees, once");
  const npm = spawn("npm", ["ci", "--prefix", HERE], { stdio: "inherit" });
  const [code] = await once(npm, "exit");
  if (code !== 0) throw new Error(`npm ci ended with ${String(code)}`);
}

/** A tool's command as a process of this very Node. */
export function startTool(packageName: string, command: string, args: readonly string[]) {
  const { bin } = packageJson.parse(JSON.parse(readFileSync(join(MODULES, packageName, "package.json"), "utf8")));
  const file = typeof bin === "string" ? bin : bin[command];
  if (file === undefined) throw new Error(`${packageName} has no command ${command}`);
  return spawn(process.execPath, [join(MODULES, packageName, file), ...args], {
    cwd: HERE,
    env: { ...process.env, ...QUIET },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs a tool to its end. Throws with all that it said unless that was success. */
export async function runTool(packageName: string, command: string, args: readonly string[]): Promise<string> {
  const tool = startTool(packageName, command, args);
  let said = "";
  for (const stream of [tool.stdout, tool.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const [code] = await once(tool, "close");
  if (code !== 0) throw new Error(said === "" ? `${command} ended with ${String(code)}` : said);
  return said;
}
