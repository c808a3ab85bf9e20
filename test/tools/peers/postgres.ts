import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { freePort } from "../../dev/free-port.ts";
import { run } from "../deploy/programs.ts";
import { startServer } from "./server.ts";

const BIN = "/usr/lib/postgresql/15/bin";
const OWNER = "owner";
const DATABASE = "dpp";
/** So few that transactions of different clients meet on each. */
const POOL_SIZE = 4;

/** Neither runs as root. */
const AS_NOBODY =
  process.getuid?.() === 0 ? (["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] as const) : [];

export const POSTGRES_15 = join(BIN, "postgres");

export interface Peer {
  readonly url: string;
  stop(): Promise<void>;
}

type Args = readonly [string, ...string[]];
const asNobody = (...args: Args): Args => [...AS_NOBODY, ...args] as unknown as Args;

/** A folder that those servers may write to. */
async function homeOfNobody(dir: string): Promise<string> {
  const home = join(dir, "nobody");
  mkdirSync(home, { recursive: true });
  if (AS_NOBODY.length === 0) return home;
  for (const parent of [dir, dirname(dir)]) chmodSync(parent, 0o711);
  await run("chown", ["nobody:nogroup", home]);
  return home;
}

/** Debian's PostgreSQL 15, as it is configured out of the box: with LLVM, and so with jit. */
export async function startPostgres15(dir: string): Promise<Peer> {
  const port = await freePort();
  const home = await homeOfNobody(dir);
  const data = join(home, "data");
  const [initdb, ...args] = asNobody(join(BIN, "initdb"), "-D", data, "-U", OWNER, "--auth=trust", "--encoding=UTF8");
  await run(initdb, [...args, "--locale=C.UTF-8", "--no-sync"], { cwd: home });
  const server = startServer(
    dir,
    "postgres15-log",
    asNobody(
      join(BIN, "postgres"),
      "-D",
      data,
      "-p",
      String(port),
      "-c",
      `unix_socket_directories=`,
      "-c",
      "fsync=off",
    ),
    "SIGINT",
  );
  await connected(`postgres://${OWNER}:none@127.0.0.1:${port}/postgres`, async (client) => {
    await client.query(`CREATE DATABASE ${DATABASE}`);
  });
  return { url: `postgres://${OWNER}:none@127.0.0.1:${port}/${DATABASE}`, stop: () => server.stop() };
}

/** pgbouncer before a server, in transaction mode, with its own defaults for everything else. */
export async function startPgbouncer(dir: string, serverUrl: string, users: readonly string[]): Promise<Peer> {
  const port = await freePort();
  const { hostname, port: server_port } = new URL(serverUrl);
  const home = await homeOfNobody(dir);
  const file = join(home, "pgbouncer.ini");
  writeFileSync(join(home, "users.txt"), users.map((user) => `"${user}" ""\n`).join(""));
  writeFileSync(
    file,
    `[databases]\n* = host=${hostname} port=${server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\n` +
      `unix_socket_dir =\nauth_type = trust\nauth_file = ${join(home, "users.txt")}\n` +
      `pool_mode = transaction\ndefault_pool_size = ${POOL_SIZE}\n`,
  );
  const server = startServer(dir, "pgbouncer-log", asNobody("/usr/sbin/pgbouncer", file), "SIGINT");
  const moved = new URL(serverUrl);
  moved.host = `127.0.0.1:${port}`;
  await connected(moved.href, async () => undefined);
  return { url: moved.href, stop: () => server.stop() };
}

const LIMIT_MS = 60_000;
const PAUSE_MS = 100;

/** Uses a connection, as soon as the server takes one. */
export async function connected<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  for (const end = Date.now() + LIMIT_MS; ;) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    try {
      await client.connect();
    } catch (error) {
      await client.end().catch(() => undefined);
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      continue;
    }
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }
}
