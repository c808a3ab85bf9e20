import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject } from "vitest";
import { runCli } from "../../../backend/cli/run.ts";
import { createRedis, type RedisDriver } from "../../../backend/drivers/redis.ts";
import { createMoneyWorld, type MoneyWorld } from "./money-world.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));

export const text = (value: unknown): string => String(value);
export const sha256 = (value: unknown): string => createHash("sha256").update(String(value)).digest("hex");

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface ProcessOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly program?: "cli" | "migrate";
  /** Through the launcher of `npm run dpp` and `npm run migrate`. */
  readonly on_dev_stack?: boolean;
}

export interface CliWorld {
  readonly world: MoneyWorld;
  readonly shield: RedisDriver;
  readonly stores: { readonly DATABASE_URL: string; readonly REDIS_URL: string };
  /** A directory of this world's own. */
  readonly directory: string;
  /** A program as a process of its own. */
  start(args: readonly string[], options: ProcessOptions): Promise<Answer>;
  /** The operators' command, run by its own code in this process. */
  run(args: readonly string[], options: { readonly env: NodeJS.ProcessEnv }): Promise<Answer>;
  /** The same on this world's stores. */
  dpp(...args: string[]): Promise<Answer>;
  /** The JSON of a command that must succeed without a word on standard error. */
  json(...args: string[]): Promise<Record<string, unknown>>;
  tenant(options?: { usd?: string }): Promise<string>;
  close(): Promise<void>;
}

/** The operators' command on a database of its own with a plan "cli". */
export async function createCliWorld(): Promise<CliWorld> {
  const world = await createMoneyWorld();
  const directory = mkdtempSync(join(tmpdir(), "dpp-cli-"));
  const stores = { DATABASE_URL: world.ownerUrl, REDIS_URL: inject("stack").redisUrl };
  const shield = createRedis({ url: stores.REDIS_URL, command_timeout_ms: 60_000 });

  const start: CliWorld["start"] = async (args, { env, cwd = path("."), program = "cli", on_dev_stack = false }) => {
    const launcher = on_dev_stack ? [path("test/dev/with-dev-stack.ts")] : [];
    const main = path(`backend/${program}/main.ts`);
    const command = ["--import", path("backend/text-loader.ts"), ...launcher, main, ...args];
    const child = spawn(process.execPath, command, {
      cwd,
      env: { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], ...env },
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (err += chunk));
    const [code] = (await once(child, "close")) as [number];
    return { code, out, err };
  };
  const run: CliWorld["run"] = async (args, { env }) => {
    let out = "";
    let err = "";
    const terminal = { env, out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
    return { code: await runCli(args, terminal), out, err };
  };
  const dpp: CliWorld["dpp"] = (...args) => run(args, { env: stores });
  const json: CliWorld["json"] = async (...args) => {
    const { code, out, err } = await dpp(...args, "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return JSON.parse(out) as Record<string, unknown>;
  };
  await json("plan", "define", "cli", "--max-open-runs", "100", "--submit-burst", "1000");

  return {
    world,
    shield,
    stores,
    directory,
    start,
    run,
    dpp,
    json,
    tenant: async ({ usd } = {}) => {
      const tenant_id = text((await json("tenant", "create", "--name", "Ada", "--plan", "cli"))["tenant_id"]);
      if (usd !== undefined) await json("grant", "--tenant", tenant_id, "--usd", usd, "--id", randomUUID());
      return tenant_id;
    },
    close: async () => {
      shield.close();
      rmSync(directory, { recursive: true, force: true });
      await world.close();
    },
  };
}
