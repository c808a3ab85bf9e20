import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { installPackages } from "../install-packages.ts";

export const HERE = fileURLToPath(new URL(".", import.meta.url));
export const MODULES = join(HERE, "node_modules");

const packageJson = z.object({ bin: z.union([z.string(), z.record(z.string(), z.string())]) });

/** None of the tools tells anybody that it runs. */
const QUIET = {
  REDOCLY_TELEMETRY: "off",
  REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
  DO_NOT_TRACK: "1",
  MASTRA_TELEMETRY_DISABLED: "1",
  OPENAI_AGENTS_DISABLE_TRACING: "1",
  NO_COLOR: "1",
};

/** The referees' packages stand apart: one of them wants another TypeScript than the house's. */
export const installTools = (): Promise<void> => installPackages(HERE, "the referees");

/** A tool's command as a process of this very Node. */
export function startTool(
  packageName: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  return spawn(process.execPath, [toolFile(packageName, command), ...args], {
    cwd: HERE,
    env: { ...process.env, ...QUIET, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** The file that a package's command runs. */
export function toolFile(packageName: string, command: string): string {
  const { bin } = packageJson.parse(JSON.parse(readFileSync(join(MODULES, packageName, "package.json"), "utf8")));
  const file = typeof bin === "string" ? bin : bin[command];
  if (file === undefined) throw new Error(`${packageName} has no command ${command}`);
  return join(MODULES, packageName, file);
}

/** Runs a tool to its end. Throws with all that it said unless that was success. */
export async function runTool(
  packageName: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const tool = startTool(packageName, command, args, env);
  let said = "";
  for (const stream of [tool.stdout, tool.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const [code] = await once(tool, "close");
  if (code !== 0) throw new Error(said === "" ? `${command} ended with ${String(code)}` : said);
  return said;
}

/** A package of the referees, which the house's compiler does not see: `T` is as much of it as is used. */
export async function load<T>(specifier: string): Promise<T> {
  // The name is no literal, so that types can be checked where the packages are not installed.
  return (await import(specifier)) as T;
}

/** Where a program of the machine is; servers are not on everybody's path. */
export const fileOf = (program: string): string | undefined =>
  `${process.env["PATH"] ?? ""}:/usr/sbin`
    .split(":")
    .map((folder) => join(folder, program))
    .find((file) => file.startsWith("/") && existsSync(file));

/** Runs a program of the machine to its end: what it printed. Throws unless that was success. */
export async function runProgram(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const said: Buffer[] = [];
  let complaint = "";
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
  const [code] = await once(child, "close");
  const output = Buffer.concat(said).toString();
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${complaint}${output}`);
  return output;
}
