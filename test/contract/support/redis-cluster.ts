import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "../../dev/free-port.ts";
import { eventually } from "../../support/eventually.ts";

const SLOTS = 16_384;

interface Node {
  readonly port: number;
  readonly child: ChildProcess;
  readonly client: Redis;
}

export interface RedisCluster {
  readonly url: string;
  stop(): Promise<void>;
}

/** A Redis Cluster of so many masters and no replica, by the redis-server on the path. */
export async function startCluster(masters: number): Promise<RedisCluster> {
  const dir = mkdtempSync(join(tmpdir(), "dpp-cluster-"));
  const nodes: Node[] = [];
  for (let index = 0; index < masters; index += 1) nodes.push(await startNode(join(dir, String(index))));
  const [first] = nodes;
  if (first === undefined) throw new Error("a cluster has a node");
  const share = Math.ceil(SLOTS / masters);
  for (const [index, { client }] of nodes.entries()) {
    const last = Math.min(SLOTS, (index + 1) * share) - 1;
    await client.call("CLUSTER", "ADDSLOTSRANGE", String(index * share), String(last));
    if (index > 0) await client.call("CLUSTER", "MEET", "127.0.0.1", String(first.port), String(busOf(first.port)));
  }
  await eventually(async () => {
    const infos = await Promise.all(nodes.map(({ client }) => client.call("CLUSTER", "INFO")));
    if (!infos.every((info) => String(info).includes("cluster_state:ok"))) throw new Error("the cluster is not up");
  });
  return {
    url: `redis://127.0.0.1:${first.port}`,
    async stop() {
      for (const { client, child } of nodes) {
        client.disconnect();
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** By default it is 10,000 above, which may be beyond the last port. */
const buses = new Map<number, number>();
const busOf = (port: number): number => buses.get(port) ?? 0;

async function startNode(dir: string): Promise<Node> {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  buses.set(port, await freePort());
  const settings = { port, "cluster-port": busOf(port), "cluster-enabled": "yes", bind: "127.0.0.1", dir, save: "" };
  const child = spawn(
    "redis-server",
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    { stdio: "ignore" },
  );
  const client = new Redis(port, { maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  await client.ping();
  return { port, child, client };
}
