import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import type { Bench } from "./bench.ts";
import { onPath } from "../../dev/redis.ts";

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memory_gib: number;
  readonly load_before: number;
  readonly node: string;
  readonly miniflare: string;
  readonly postgres: string;
  readonly redis: string;
  readonly worker_concurrency: string;
}

export async function describeMachine(bench: Bench, load_before: number): Promise<Machine> {
  const [version] = await bench.db.query("SHOW server_version", []);
  const real = onPath("redis-server", process.env) ?? onPath("valkey-server", process.env);
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? "unknown",
    memory_gib: Math.round(totalmem() / 2 ** 30),
    load_before,
    node: process.version,
    miniflare: miniflareVersion(),
    postgres: `${String(version?.["server_version"])}, fsync and synchronous_commit on`,
    redis: real === undefined ? "js-redis-server" : spawnSync(real, ["--version"], { encoding: "utf8" }).stdout.trim(),
    worker_concurrency: process.env["DPP_WORKER_CONCURRENCY"] ?? "32 (default)",
  };
}

export const load1 = (): number => loadavg()[0] ?? 0;

function miniflareVersion(): string {
  const file = new URL("../../../node_modules/miniflare/package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
