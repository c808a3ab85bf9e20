import { spawn, type ChildProcess } from "node:child_process";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";
import { processes, signalQuietly, type ProcessLine } from "./processes.ts";
import { poll, supervise } from "./supervise.ts";

const START_LIMIT_MS = 30_000;
const PING_LIMIT_MS = 1_000;
const PREDECESSOR_LIMIT_MS = 10_000;

export interface RedisOptions {
  stateDir: string;
  /** js: the JavaScript server even where a real one is installed. */
  engine?: "auto" | "js";
  env?: NodeJS.ProcessEnv;
  onChange?: () => void;
  log?: (line: string) => void;
}

export interface RedisService {
  url: string;
  /** The path of the real server that runs, or "js". */
  engine: string;
  pid(): number | null;
  stop(): Promise<void>;
}

export function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const dirs = (env["PATH"] ?? "").split(delimiter).filter((dir) => dir !== "");
  return dirs
    .map((dir) => join(dir, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function ping(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(PING_LIMIT_MS, () => socket.destroy(new Error("redis does not answer")));
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      if (data.toString().startsWith("+PONG")) resolve();
      else reject(new Error(`redis answered ${data.toString().trim()}`));
    });
    socket.once("end", () => reject(new Error("redis closed the connection")));
  });
}

interface Holder {
  pid: number;
  port: number;
}

// Two servers would ruin one append-only file. Each names its port in its command line, so a reused pid is told apart.
async function endPredecessor(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const holder = JSON.parse(readFileSync(pidFile, "utf8")) as Holder;
  const isOurs = ({ pid, command }: ProcessLine): boolean =>
    pid === holder.pid && /redis|valkey/.test(command) && command.includes(String(holder.port));
  const until = Date.now() + PREDECESSOR_LIMIT_MS;
  while (processes().some(isOurs)) {
    if (Date.now() > until) throw new Error(`an old Redis (pid ${holder.pid}) does not end`);
    signalQuietly(holder.pid, "SIGTERM");
    await sleep(50);
  }
  rmSync(pidFile, { force: true });
}

function launch(command: string, args: string[], logFile: string): ChildProcess {
  const output = openSync(logFile, "a", 0o600);
  try {
    return spawn(command, args, { detached: true, stdio: ["ignore", output, output] });
  } finally {
    closeSync(output);
  }
}

export async function startRedis(options: RedisOptions): Promise<RedisService> {
  const { engine = "auto", env = process.env, onChange = () => undefined, log = () => undefined } = options;
  const stateDir = resolve(options.stateDir);
  const dir = join(stateDir, "redis");
  const pidFile = join(stateDir, "redis.pid");
  const logFile = join(stateDir, "redis.log");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const port = await freePort();
  const real = engine === "js" ? undefined : (onPath("redis-server", env) ?? onPath("valkey-server", env));
  const command = real ?? process.execPath;
  const args = real
    ? ["--bind", "127.0.0.1", "--port", String(port), "--dir", dir, "--appendonly", "yes", "--save", ""]
    : [fileURLToPath(new URL("redis-server.ts", import.meta.url)), String(port)];
  const server = await supervise({
    name: "redis",
    stopSignal: "SIGTERM",
    onChange,
    log,
    spawn: async () => {
      await endPredecessor(pidFile);
      const child = launch(command, args, logFile);
      if (child.pid) writeFileSync(pidFile, JSON.stringify({ pid: child.pid, port } satisfies Holder));
      return child;
    },
    ready: (signal) => poll(signal, START_LIMIT_MS, () => ping(port)),
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; see ${logFile}`);
  });
  return { url: `redis://127.0.0.1:${port}`, engine: real ?? "js", pid: server.pid, stop: server.stop };
}
