import { type ChildProcess, fork } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { migrate } from "../../backend/migrate/migrate.ts";
import { bundleEdge } from "./bundle-edge.ts";
import { type DatabaseUrls, ensureLogins } from "./database.ts";
import type { EdgeSpec } from "./edge-process.ts";
import { keptPort } from "./free-port.ts";
import { keptReceiptKey } from "./receipt-key.ts";
import { type Stack, startStack } from "./stack.ts";
import { type Supervisor, supervise } from "./supervise.ts";
import { awsSettings } from "./aws-settings.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Shorter than what a supervised process is given to end. */
const STOP_SECONDS = "5";
/** Lines of a process that could not start, which tell why. */
const LAST_WORDS = 15;
const LOADER = join(ROOT, "backend/text-loader.ts");

export type ProcessName = "edge" | "worker" | "reaper";
/** A second worker is "worker-2"; each edge has a port of its own. */
export type InstanceName = ProcessName | `${ProcessName}-${number}`;

/** Where edge and worker reach the stores that speak HTTP. */
export type Ways = Pick<Stack, "neonHttp" | "upstashUrl" | "s3Endpoint">;
/** Where every process reaches the others. */
type OtherWays = Pick<Stack, "databaseUrl" | "redisUrl" | "sqsEndpoint">;

export interface SystemOptions {
  readonly stateDir: string;
  /** Names real services, and DPP_* settings of worker, reaper and edge. */
  readonly env: NodeJS.ProcessEnv;
  readonly processes?: readonly InstanceName[];
  readonly fsync?: boolean;
  /** "host:port" that the url pack may fetch although the guard would refuse it; development alone. */
  readonly fetchAllowHosts?: readonly string[];
  /** Other ways than the direct ones, such as ways on which things get lost. */
  readonly detour?: (direct: Ways & OtherWays) => Promise<Ways & Partial<OtherWays>>;
  /** Settings of one instance, read whenever it starts. */
  readonly envOf?: (name: InstanceName) => Readonly<Record<string, string>>;
  readonly onChange?: () => void;
  readonly onLog?: (process: string, line: string) => void;
}

export interface System {
  readonly stack: Stack;
  readonly edgeUrl: string;
  /** Where an instance of the edge listens, whenever it runs. */
  edgeUrlOf(name: InstanceName): string;
  readonly logins: DatabaseUrls;
  pids(): Record<"postgres" | "redis" | ProcessName, number | null>;
  pid(name: "postgres" | "redis" | InstanceName): number | null;
  start(name: InstanceName): Promise<void>;
  stop(name?: InstanceName): Promise<void>;
}

/** The stack, migrated, with edge, worker and reaper as supervised processes. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const onChange = options.onChange ?? (() => undefined);
  const log = (line: string) => options.onLog?.("stack", line);
  const stack = await startStack({
    stateDir: options.stateDir,
    env: options.env,
    onChange,
    log,
    fsync: options.fsync ?? true,
  });
  const running = new Map<InstanceName, Supervisor>();
  const stopAll = async () => {
    await Promise.all([...running.values()].map((each) => each.stop()));
    running.clear();
    await stack.stop();
  };
  try {
    await migrate(stack.databaseUrl, { log });
    const logins = await ensureLogins(stack.databaseUrl);
    const wanted = options.processes ?? ["edge", "worker", "reaper"];
    const ports = new Map<InstanceName, number>();
    for (const name of new Set<InstanceName>(["edge", ...wanted])) {
      if (kindOf(name) === "edge") ports.set(name, await keptPort(join(options.stateDir, `${name}.port`)));
    }
    const portOf = (name: InstanceName): number => {
      const port = ports.get(name);
      if (port === undefined) throw new Error(`${name} was not named when the system started`);
      return port;
    };
    const { databaseUrl, redisUrl, sqsEndpoint, neonHttp, upstashUrl, s3Endpoint } = stack;
    const direct = { databaseUrl, redisUrl, sqsEndpoint, neonHttp, upstashUrl, s3Endpoint };
    const ways = { ...direct, ...(await options.detour?.(direct)) };
    const queueUrl = by(stack.queueUrl, sqsEndpoint, ways.sqsEndpoint);
    const environment = {
      DPP_STOP_SECONDS: STOP_SECONDS,
      ...pick(options.env, /^(DPP_|OTEL_|REDIS_CLUSTER$)/),
      DATABASE_URL: by(logins.backend, databaseUrl, ways.databaseUrl),
      REDIS_URL: ways.redisUrl,
      ...awsSettings(stack),
      SQS_ENDPOINT: ways.sqsEndpoint,
      SQS_QUEUE_URL: queueUrl,
      SQS_DLQ_URL: by(stack.dlqUrl, sqsEndpoint, ways.sqsEndpoint),
      S3_ENDPOINT: ways.s3Endpoint,
      S3_BUCKET: stack.bucket,
      ...(options.fetchAllowHosts === undefined ? {} : { DPP_FETCH_ALLOW_HOSTS: options.fetchAllowHosts.join(",") }),
    };
    const bindings = {
      DPP_ORIGIN: `http://127.0.0.1:${portOf("edge")}`,
      DPP_RECEIPT_KEY: await keptReceiptKey(join(options.stateDir, "receipt-key.json")),
      DPP_CORS_LOCALHOST: "true",
      DPP_MODEL: String(options.env["DPP_MODEL_URL"] !== undefined),
      ...pick(options.env, /^(DPP_(?!MODEL_)|OTEL_)/),
      DATABASE_URL: by(logins.edge, databaseUrl, ways.databaseUrl),
      NEON_HTTP: `${ways.neonHttp}/sql`,
      UPSTASH_REDIS_REST_URL: ways.upstashUrl,
      UPSTASH_REDIS_REST_TOKEN: stack.upstashToken,
      ...awsSettings(stack),
      SQS_QUEUE_URL: queueUrl,
      S3_ENDPOINT: stack.s3Endpoint,
      S3_BUCKET: stack.bucket,
    };
    const own = (name: InstanceName) => options.envOf?.(name) ?? {};
    const spawn: Record<ProcessName, (name: InstanceName) => Promise<ChildProcess>> = {
      edge: async (name) =>
        spawnEdge({ script: await bundleEdge(), bindings: { ...bindings, ...own(name) }, port: portOf(name) }),
      worker: async (name) => spawnBackend("backend/worker/main.ts", { ...environment, ...own(name) }),
      reaper: async (name) => spawnBackend("backend/reaper/main.ts", { ...environment, ...own(name) }),
    };
    const start = async (name: InstanceName) => {
      running.set(name, await superviseProcess(name, () => spawn[kindOf(name)](name), options, onChange));
      onChange();
    };
    // All settle before any fault is told, so that a process that still starts is there to be stopped.
    const started = await Promise.allSettled(wanted.map(start));
    const failed = started.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const edgeUrlOf = (name: InstanceName) => `http://127.0.0.1:${portOf(name)}`;
    const pidOf = (name: InstanceName) => running.get(name)?.pid() ?? null;
    return {
      stack,
      edgeUrl: edgeUrlOf("edge"),
      edgeUrlOf,
      logins,
      pids: () => ({
        ...stack.pids,
        edge: pidOf("edge"),
        worker: pidOf("worker"),
        reaper: pidOf("reaper"),
      }),
      pid: (name) => (name === "postgres" || name === "redis" ? stack.pids[name] : pidOf(name)),
      start,
      stop: async (name) => {
        if (name === undefined) return stopAll();
        const supervisor = running.get(name);
        running.delete(name);
        await supervisor?.stop();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** The address with the host of the way in the place of the direct one's; unchanged where there is no detour. */
function by(address: string, direct: string, way: string): string {
  if (way === direct) return address;
  const moved = new URL(address);
  moved.host = new URL(way).host;
  return moved.href;
}

const kindOf = (name: InstanceName): ProcessName => name.replace(/-\d+$/, "") as ProcessName;

function spawnBackend(file: string, env: Record<string, string>): ChildProcess {
  return fork(join(ROOT, file), {
    execArgv: ["--import", LOADER],
    env: { ...pick(process.env, /^(PATH|HOME|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE|TZ|LANG)$/), ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
}

function spawnEdge(spec: EdgeSpec): ChildProcess {
  const child = fork(join(ROOT, "test/dev/edge-process.ts"), {
    execArgv: ["--import", LOADER],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  child.send(spec);
  return child;
}

async function superviseProcess(
  name: InstanceName,
  spawn: () => Promise<ChildProcess>,
  options: SystemOptions,
  onChange: () => void,
): Promise<Supervisor> {
  const file = createWriteStream(join(options.stateDir, `${name}.log`), { flags: "a", mode: 0o600 });
  let started = Promise.withResolvers<void>();
  let isReady = false;
  let said: string[] = [];
  const supervisor = supervise({
    name,
    spawn: async () => {
      started = Promise.withResolvers<void>();
      isReady = false;
      said = [];
      const child = await spawn();
      child.on("message", (message) => {
        if (message !== "ready") return;
        isReady = true;
        started.resolve();
      });
      for (const input of [child.stdout, child.stderr]) {
        if (input === null) continue;
        createInterface({ input }).on("line", (line) => {
          file.write(`${line}\n`);
          if (isReady) options.onLog?.(name, line);
          else said.push(line);
        });
      }
      return child;
    },
    ready: (signal) =>
      Promise.race([
        started.promise,
        new Promise<never>((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error(`${name} ended while it started`)));
        }),
      ]),
    stopSignal: "SIGTERM",
    onChange,
    log: (line) => options.onLog?.(name, line),
  });
  return supervisor.catch((error: unknown) => {
    const last = said.slice(-LAST_WORDS).join("\n");
    throw new Error(`${name} could not start:\n${last}`, { cause: error });
  });
}

function pick(env: NodeJS.ProcessEnv, names: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (names.test(name) && value !== undefined ? [[name, value]] : [])),
  );
}
