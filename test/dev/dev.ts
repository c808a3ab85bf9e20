import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { watch } from "chokidar";
import { z } from "zod";
import { migrate } from "../../backend/migrate/migrate.ts";
import { bundleEdge } from "./bundle-edge.ts";
import { type DemoTenant, demoTenants } from "./demo-tenant.ts";
import { keptPort } from "./free-port.ts";
import { lockStateDir } from "./stack-lock.ts";
import { type InstanceName, type ProcessName, type System, startSystem } from "./system.ts";

/** Tests run beside a developer's own stack, elsewhere. */
const STATE_DIR = process.env["DPP_DEV_DIR"] ?? ".dev";
const STACK_FILE = `${STATE_DIR}/stack.json`;
const SETTLE_MS = 150;
/** A developer's receiver listens on the same machine. */
const LOCAL_WEBHOOKS = { DPP_WEBHOOK_ALLOW_HTTP: "true", DPP_WEBHOOK_ALLOW_HOSTS: "127.0.0.1:*,localhost:*" };
const USAGE = "usage: npm run dev [-- --fresh]   (--fresh deletes all state first)";

/** The processes that a changed source file belongs to. */
const OWNERS: readonly (readonly [prefix: string, owners: readonly ProcessName[]])[] = [
  ["edge/", ["edge"]],
  ["backend/core/", ["edge", "worker", "reaper"]],
  ["backend/worker/", ["worker"]],
  ["backend/reaper/", ["reaper"]],
  ["backend/drivers/", ["worker", "reaper"]],
  ["backend/config.ts", ["worker", "reaper"]],
];

function options(): { readonly fresh: boolean } {
  try {
    const { values } = parseArgs({
      options: { fresh: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    // `npm run dev --fresh`, without `--`: npm takes the flag for its own and passes it on in the environment.
    return { fresh: values.fresh || process.env["npm_config_fresh"] === "true" };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

/** The port at which worker and reaper tell of themselves, on this machine alone. */
type Metrics = ReadonlyMap<InstanceName, number>;

async function metricsPorts(): Promise<Metrics> {
  mkdirSync(STATE_DIR, { recursive: true });
  const ports = new Map<InstanceName, number>();
  for (const name of ["worker", "reaper"] as const)
    ports.set(name, await keptPort(`${STATE_DIR}/${name}-metrics.port`));
  return ports;
}

/** For scripts. Replaced as a whole: a reader never sees half of it. */
function writeStackFile(system: System, tenants: readonly DemoTenant[], metrics: Metrics): void {
  const { stack } = system;
  const document = {
    edge_url: system.edgeUrl,
    database_url: stack.databaseUrl,
    redis_url: stack.redisUrl,
    sqs_endpoint: stack.sqsEndpoint,
    queue_url: stack.queueUrl,
    dlq_url: stack.dlqUrl,
    s3_endpoint: stack.s3Endpoint,
    bucket: stack.bucket,
    aws_region: stack.region,
    aws_access_key_id: stack.accessKeyId,
    aws_secret_access_key: stack.secretAccessKey,
    metrics_urls: [...metrics.values()].map((port) => `http://127.0.0.1:${port}/metrics`),
    tenants,
    pids: system.pids(),
  };
  writeFileSync(`${STACK_FILE}.new`, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${STACK_FILE}.new`, STACK_FILE);
}

function welcome(system: System, tenants: readonly DemoTenant[]): void {
  const [first] = tenants;
  console.log(`Decisionproof is up: ${system.edgeUrl}`);
  for (const { name, tenant_id, api_key } of tenants) console.log(`  ${name}  ${tenant_id}  ${api_key}`);
  console.log(`  console: ${system.edgeUrl}/console (sign in with one of these keys, or with an admin key)`);
  console.log("  operators' console: npm run dpp -- ui");
  console.log(`  admin keys, store addresses and pids: ${STACK_FILE}; logs: ${STATE_DIR}/*.log\n`);
  const body = JSON.stringify({
    pack_type: "decision",
    max_cost_usd: "0.0500",
    inputs: {
      question: "Tea or coffee?",
      mode: "brief",
      options: ["tea", "coffee"],
      criteria: [{ name: "calm", weight: 2, direction: "max" }],
      scores: { tea: { calm: 8 }, coffee: { calm: 3 } },
    },
  });
  const auth = `-H 'Authorization: Bearer ${first?.api_key ?? ""}'`;
  console.log("Submit a run and wait for its end:\n");
  console.log(
    `curl -i ${system.edgeUrl}/v1/runs ${auth} -H 'Content-Type: application/json' -H 'Prefer: wait=20' ` +
      `-H "Idempotency-Key: try-$(date +%s%N)" -d '${body}'\n`,
  );
  console.log("Read it again, and download its result, with the run_id of the response:\n");
  console.log(`curl -s ${system.edgeUrl}/v1/runs/RUN_ID ${auth}`);
  console.log(`curl -s ${system.edgeUrl}/v1/runs/RUN_ID/output ${auth}\n`);
  console.log("Source changes restart what they touch. Ctrl-C stops everything.");
}

/** A log line of our processes; those of level info go to the files only. */
const logLine = z
  .string()
  .transform((line, context) => {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "not JSON" });
      return z.NEVER;
    }
  })
  .pipe(z.object({ level: z.string(), message: z.string() }));

function show(name: string, line: string): void {
  const parsed = logLine.safeParse(line).data;
  if (parsed === undefined) console.log(`[${name}] ${line}`);
  else if (parsed.level !== "info") console.log(`[${name}] ${parsed.level}: ${parsed.message}`);
}

async function restart(system: System, files: readonly string[]): Promise<void> {
  const touched = new Set(
    files.flatMap((file) => OWNERS.flatMap(([prefix, owners]) => (file.startsWith(prefix) ? owners : []))),
  );
  const migrations = files.filter((file) => file.startsWith("migrations/"));
  if (migrations.length > 0) {
    const applied = await migrate(system.stack.databaseUrl, { log: console.log });
    const late = migrations.filter(
      (file) => !file.startsWith("migrations/functions/") && !applied.some((name) => file.includes(name)),
    );
    for (const file of late) console.log(`${file} was applied before and is not applied again: start with --fresh`);
  }
  // An edge that does not build must not take the running one down.
  if (touched.has("edge")) await bundleEdge();
  for (const name of touched) {
    await system.stop(name);
    await system.start(name).catch((error: unknown) => {
      throw new Error(`${name} is down until this is fixed; nothing is lost meanwhile\n${messageOf(error)}`);
    });
  }
  if (touched.size > 0) console.log(`restarted ${[...touched].join(", ")} after a change of ${files.join(", ")}`);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What `npm pack ./edge/client` writes, which no process runs. */
const PACKED = /(^|[/\\])edge[/\\]client[/\\]dist$/;

/** Calls `change` with all files that changed, one call at a time, after a pause without changes. */
function watchSources(change: (files: readonly string[]) => Promise<void>): { close(): Promise<void> } {
  const changed = new Set<string>();
  let busy: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(["edge", "backend", "migrations"], { ignoreInitial: true, ignored: PACKED });
  watcher.on("all", (_, file) => {
    changed.add(file);
    clearTimeout(timer);
    timer = setTimeout(() => {
      busy = busy
        .then(() => {
          const files = [...changed];
          changed.clear();
          return files.length === 0 ? undefined : change(files);
        })
        .catch((error: unknown) => console.error(`not restarted: ${messageOf(error)}`));
    }, SETTLE_MS);
  });
  return {
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
      await busy;
    },
  };
}

async function main(): Promise<void> {
  const { fresh } = options();
  let stopping = false;
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        stopping = true;
        resolve();
      });
    }
  });
  lockStateDir(STATE_DIR)();
  if (fresh) rmSync(STATE_DIR, { recursive: true, force: true });

  const metrics = await metricsPorts();
  let tenants: readonly DemoTenant[] | undefined;
  let system: System | undefined;
  const onChange = () => {
    if (system !== undefined && tenants !== undefined) writeStackFile(system, tenants, metrics);
  };
  const env = { ...LOCAL_WEBHOOKS, ...process.env };
  const envOf = (name: InstanceName): Record<string, string> => {
    const port = metrics.get(name);
    return port === undefined ? {} : { DPP_METRICS_PORT: String(port), DPP_METRICS_HOST: "127.0.0.1" };
  };
  system = await startSystem({ stateDir: STATE_DIR, env, envOf, onChange, onLog: show });
  try {
    tenants = await demoTenants(system, `${STATE_DIR}/tenants.json`);
    writeStackFile(system, tenants, metrics);
    if (!stopping) welcome(system, tenants);
    const running = system;
    const watcher = watchSources((files) => restart(running, files));
    await stopped;
    console.log("\nstopping ...");
    await watcher.close();
  } finally {
    tenants = undefined;
    rmSync(STACK_FILE, { force: true });
    await system.stop();
  }
}

await main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
