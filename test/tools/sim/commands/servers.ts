import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../../../dev/postgres.ts";
import { startRedis } from "../../../dev/redis.ts";

/** A Postgres and a Redis for any number of worlds; each job has a database of its own in both. */
export interface Servers {
  readonly database_url: string;
  redisUrl(slot: number): string;
}

export async function startServers(): Promise<Servers & { stop(): Promise<void> }> {
  const stateDir = mkdtempSync(join(tmpdir(), "dpp-sim-"));
  const [postgres, redis] = await Promise.all([
    startPostgres({ stateDir, database: "dpp", fsync: false }),
    startRedis({ stateDir }),
  ]);
  return {
    database_url: postgres.url,
    redisUrl: (slot) => `${redis.url}/${slot}`,
    stop: async () => {
      await Promise.all([redis.stop(), postgres.stop()]);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** Starts both, and stops them however the command ends. */
export async function withServers<T>(use: (servers: Servers) => Promise<T>): Promise<T> {
  const servers = await startServers();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void servers.stop().finally(() => process.exit(130)));
  }
  try {
    return await use(servers);
  } finally {
    await servers.stop();
  }
}
