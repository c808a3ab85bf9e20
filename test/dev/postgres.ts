import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "./free-port.ts";
import { ownedDir, postgresHost, type PostgresHost } from "./postgres-host.ts";
import { processes, signalQuietly } from "./processes.ts";
import { poll, supervise } from "./supervise.ts";

const START_LIMIT_MS = 60_000;
const ORPHAN_LIMIT_MS = 10_000;
const USER = "postgres";

export interface PostgresOptions {
  stateDir: string;
  database: string;
  /** Off only where losing the disk's cache is harmless: tests. */
  fsync?: boolean;
  onChange?: () => void;
  log?: (line: string) => void;
}

export interface Postgres {
  url: string;
  pid(): number | null;
  stop(): Promise<void>;
}

/** Makes the data directory if there is none yet; the password is kept beside the state, not in the data. */
async function prepare(host: PostgresHost, stateDir: string, fsync: boolean): Promise<string> {
  const passwordFile = join(stateDir, "postgres.password");
  if (existsSync(passwordFile) && existsSync(join(host.dataDir, "PG_VERSION"))) {
    assertSameMajor(host);
    return readFileSync(passwordFile, "utf8").trim();
  }
  // Data elsewhere whose state directory was deleted since belongs to nobody any more.
  if (existsSync(host.dataDir) && host.dataDir === join(stateDir, "postgres")) {
    throw new Error(`${stateDir} holds only half of a database. Start over with an empty one: npm run dev -- --fresh`);
  }
  const password = randomBytes(24).toString("hex");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  await initialize(host, password, fsync);
  return password;
}

function assertSameMajor(host: PostgresHost): void {
  const data = readFileSync(join(host.dataDir, "PG_VERSION"), "utf8").trim();
  const version = spawnSync(join(host.bin, "postgres"), ["--version"], { encoding: "utf8" }).stdout;
  const binary = /(\d+)[.\w]*\s*$/.exec(version.trim())?.[1];
  if (data === binary) return;
  throw new Error(
    `${host.dataDir} was made by Postgres ${data}, and the one installed now is ${binary ?? "unknown"}. ` +
      "Start over with an empty database: npm run dev -- --fresh",
  );
}

async function initialize(host: PostgresHost, password: string, fsync: boolean): Promise<void> {
  // Built beside and renamed, so that a start that was killed half-way leaves nothing that looks like a database.
  const partial = `${host.dataDir}.partial`;
  ownedDir(partial, host.user);
  const passwordFile = `${host.dataDir}.initdb`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (host.user) chownSync(passwordFile, host.user.uid, host.user.gid);
  const args = [
    `--pgdata=${partial}`,
    `--username=${USER}`,
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    ...(fsync ? [] : ["--no-sync"]),
  ];
  try {
    await promisify(execFile)(join(host.bin, "initdb"), args, { ...host.user, cwd: "/" });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(host.dataDir, { recursive: true, force: true });
  renameSync(partial, host.dataDir);
}

function serverArgs(dataDir: string, port: number, clusterName: string, fsync: boolean): string[] {
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 300,
    shared_buffers: "128MB",
    synchronous_commit: "on",
    fsync: fsync ? "on" : "off",
    full_page_writes: fsync ? "on" : "off",
    timezone: "UTC",
    log_timezone: "UTC",
    cluster_name: clusterName,
  };
  return ["-D", dataDir, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

// A server or its backends may outlive a killed predecessor; two of them on one data directory would ruin it.
async function endPredecessors(dataDir: string, clusterName: string): Promise<void> {
  const pidFile = join(dataDir, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const until = Date.now() + ORPHAN_LIMIT_MS;
  for (;;) {
    const left = processes().filter(
      ({ command }) =>
        command.startsWith(`postgres: ${clusterName}: `) || command.includes(` cluster_name=${clusterName}`),
    );
    if (left.length === 0) break;
    if (Date.now() > until) throw new Error(`an old Postgres (pid ${left[0]?.pid}) on ${dataDir} does not end`);
    // SIGQUIT is Postgres's immediate shutdown: no clean checkpoint, recovery from the log at the next start.
    for (const { pid } of left) signalQuietly(pid, "SIGQUIT");
    await sleep(50);
  }
  rmSync(pidFile, { force: true });
}

async function ensureDatabase(url: URL, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: url.href });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

// Any answer but "starting up" will do: a wrong password is the first query's error to report, not a reason to wait.
async function answers(url: URL): Promise<void> {
  const client = new pg.Client({ connectionString: url.href });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.end();
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code === "57P03") throw error;
  }
}

function spawnServer(host: PostgresHost, args: string[], logFile: string): ChildProcess {
  const log = openSync(logFile, "a", 0o600);
  try {
    return spawn(join(host.bin, "postgres"), args, {
      ...host.user,
      cwd: "/",
      detached: true,
      stdio: ["ignore", log, log],
    });
  } finally {
    closeSync(log);
  }
}

export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { fsync = true, onChange = () => undefined, log = () => undefined } = options;
  const stateDir = resolve(options.stateDir);
  mkdirSync(stateDir, { recursive: true, mode: 0o711 });
  const host = postgresHost(join(stateDir, "postgres"));
  const password = await prepare(host, stateDir, fsync);
  const clusterName = `dpp-${createHash("sha256").update(host.dataDir).digest("hex").slice(0, 16)}`;
  const port = await freePort();
  const url = new URL(`postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`);
  const args = serverArgs(host.dataDir, port, clusterName, fsync);
  const logFile = join(stateDir, "postgres.log");
  const server = await supervise({
    name: "postgres",
    stopSignal: "SIGINT",
    onChange,
    log,
    spawn: async () => {
      await endPredecessors(host.dataDir, clusterName);
      return spawnServer(host, args, logFile);
    },
    ready: (signal) => poll(signal, START_LIMIT_MS, () => answers(url)),
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; see ${logFile}`);
  });
  await ensureDatabase(url, options.database);
  url.pathname = `/${options.database}`;
  return { url: url.href, pid: server.pid, stop: server.stop };
}
