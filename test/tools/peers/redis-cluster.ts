import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "../../dev/free-port.ts";
import { outcomeOf, run, until } from "../deploy/programs.ts";
import { fileOf } from "../referees/tools.ts";
import { startServer } from "./server.ts";

const MASTERS = 3;

export interface RedisCluster {
  /** One of its nodes. */
  readonly url: string;
  /** How many keys each master has. */
  keys(): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** A Redis Cluster of three masters: no key is on more than one of them. */
export async function startRedisCluster(dir: string): Promise<RedisCluster> {
  const ports: number[] = [];
  // The bus of a node has its port + 10000.
  while (ports.length < MASTERS) {
    const port = await freePort();
    if (port < 50_000 && !ports.includes(port)) ports.push(port);
  }
  const servers = ports.map((port) => {
    const data = join(dir, `redis-${port}`);
    mkdirSync(data);
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", data, "--save", ""];
    const cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", "30000"];
    return startServer(dir, `redis-${port}-log`, [fileOf("redis-server") ?? "redis-server", ...options, ...cluster]);
  });
  const nodes = ports.map((port) => `127.0.0.1:${port}`);
  const info = (port: number) => outcomeOf("redis-cli", ["-p", String(port), "cluster", "info"]);
  for (const port of ports)
    await until(
      () => info(port),
      ({ code, out }) => code === 0 && out.includes("cluster_state"),
    );
  await run("redis-cli", ["--cluster", "create", ...nodes, "--cluster-yes"]);
  for (const port of ports)
    await until(
      () => info(port),
      ({ out }) => out.includes("cluster_state:ok"),
    );
  return {
    url: `redis://${nodes[0]}`,
    keys: () =>
      Promise.all(
        ports.map(async (port) => {
          const node = new Redis({ port, host: "127.0.0.1" });
          try {
            return await node.dbsize();
          } finally {
            node.disconnect();
          }
        }),
      ),
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
