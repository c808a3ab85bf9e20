import { randomUUID } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createPgDb, type OpenDb } from "../../../backend/drivers/pg.ts";
import { createDemoTenant, type DemoTenant } from "../../dev/demo-tenant.ts";
import { awsSettings } from "../../dev/aws-settings.ts";
import { freePort } from "../../dev/free-port.ts";
import { type InstanceName, startSystem, type System } from "../../dev/system.ts";
import { LOCK, lockStateDir } from "../../dev/stack-lock.ts";
import { type Gate, gate } from "../chaos/gate.ts";
import { type Pages, servePages } from "../chaos/slow-page.ts";
import { outcomeOf, run as runProgram, until } from "../deploy/programs.ts";
import { startModelStandIn } from "../../support/model-stand-in.ts";
import { type Alerting, startAlerting } from "./alerting.ts";
import { type HttpFront, httpFront } from "./http-front.ts";
import { startStandIns } from "./stand-ins.ts";

const PROCESSES = ["edge", "worker", "worker-2", "reaper", "reaper-2"] as const satisfies InstanceName[];
/** Started by a rehearsal that needs more. */
const SPARE = ["worker-3", "reaper-3"] as const satisfies InstanceName[];

/** Short, as the alerts are. */
const TIMES = {
  DPP_LEASE_SECONDS: "10",
  DPP_HEARTBEAT_SECONDS: "1",
  DPP_CLAIMED_SECONDS: "4",
  DPP_SWEEP_SECONDS: "1",
  DPP_SIGNAL_SECONDS: "2",
  DPP_SYNC_GRACE_SECONDS: "15",
  DPP_SYNC_RESTING_SECONDS: "2",
  DPP_AUDIT_SECONDS: "2",
  DPP_STOP_SECONDS: "2",
};
const TSX = ["--import", "./backend/text-loader.ts"];

const accepted = z.object({ run_id: z.guid() });
const seen = z.object({ status: z.string(), money_state: z.string() });

/** What a rehearsal is given: the running system, its operator's tools, and what can be broken. */
export interface Stage {
  readonly dir: string;
  readonly system: System;
  readonly db: OpenDb;
  readonly pages: Pages;
  readonly alerting: Alerting;
  readonly outside: Awaited<ReturnType<typeof startStandIns>>;
  readonly smokeTenant: DemoTenant;
  /** One that buys here and there. */
  readonly buyer: DemoTenant;
  /** Ways of worker and reaper, and of the edge, to Postgres and to Redis. */
  readonly gates: { readonly database: readonly Gate[]; readonly redis: readonly Gate[] };
  readonly s3: HttpFront;
  readonly sqs: HttpFront;
  readonly model: HttpFront;
  /** Settings of the next start of an instance, beside those of all. */
  readonly settings: Map<InstanceName, Record<string, string>>;
  /** Where stores have moved to: settings of every next start and of the operator. */
  readonly moved: Record<string, string>;
  /** Runs `dpp ... --json` as the owner, and returns what it printed. Throws unless it succeeds. */
  dpp(...args: readonly string[]): Promise<unknown>;
  /** The same with worker's credentials; returns its exit code and its text. */
  doctor(): Promise<{ readonly code: number; readonly out: string }>;
  /** `npm run migrate`, with these arguments: its exit code and its text. */
  migrate(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }>;
  newTenant(name: string): Promise<DemoTenant>;
  close(): Promise<void>;
}

/** A request with a tenant's key. */
export async function ask(
  { system }: Pick<Stage, "system">,
  key: string,
  path: string,
  body?: object,
): Promise<Response> {
  return fetch(`${system.edgeUrl}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
}

/** Submits a run, and returns its id. */
export async function submit(stage: Pick<Stage, "system">, key: string, body: object): Promise<string> {
  const response = await ask(stage, key, "/v1/runs", body);
  const text = await response.text();
  if (response.status !== 202) throw new Error(`${response.status}: ${text}`);
  return accepted.parse(JSON.parse(text)).run_id;
}

/** Waits until a run is over, and returns how it ended. */
export const ended = (stage: Pick<Stage, "system">, key: string, run_id: string) =>
  until(
    async () => {
      const response = await ask(stage, key, `/v1/runs/${run_id}`).catch(() => undefined);
      return response?.status === 200 ? seen.parse(await response.json()) : undefined;
    },
    (run) => run !== undefined && !["QUEUED", "PROCESSING"].includes(run.status),
  );

export const decisionBody = (question = "Does it work?") => ({
  pack_type: "decision",
  max_cost_usd: "0.0500",
  inputs: {
    question,
    mode: "brief",
    options: ["yes", "no"],
    criteria: [{ name: "works", weight: 1, direction: "max" }],
    scores: { yes: { works: 1 }, no: { works: 0 } },
  },
});

export const slowBody = (pages: Pages, ms: number) => ({
  pack_type: "url",
  max_cost_usd: "0.0200",
  timebox_sec: 120,
  inputs: { url: pages.url(`/slow?ms=${ms}`), format: "text" },
});

/** One run, bought to its end. */
export async function buyOne(stage: Pick<Stage, "system">, key: string): Promise<string> {
  const run_id = await submit(stage, key, decisionBody());
  const end = await ended(stage, key, run_id);
  if (end?.status !== "COMPLETED") throw new Error(`run ${run_id} is ${JSON.stringify(end)}`);
  return run_id;
}

/** What the owner's commands run with. */
const ownerEnvironment = (system: System, ways: { readonly s3: string; readonly sqs: string }) => {
  const { stack } = system;
  const through = (address: string) => address.replace(stack.sqsEndpoint, ways.sqs);
  return {
    PATH: process.env["PATH"],
    DATABASE_URL: stack.databaseUrl,
    REDIS_URL: stack.redisUrl,
    ...awsSettings(stack),
    SQS_ENDPOINT: ways.sqs,
    SQS_QUEUE_URL: through(stack.queueUrl),
    SQS_DLQ_URL: through(stack.dlqUrl),
    S3_ENDPOINT: ways.s3,
    S3_BUCKET: stack.bucket,
    DPP_SYNC_GRACE_SECONDS: TIMES.DPP_SYNC_GRACE_SECONDS,
    DPP_JWKS: `${system.edgeUrl}/.well-known/jwks.json`,
  };
};

function operatorOf(
  system: System,
  ways: { readonly s3: string; readonly sqs: string },
  moved: Readonly<Record<string, string>>,
) {
  const own = ownerEnvironment(system, ways);
  const env = () => ({ ...own, ...moved });
  const cli = (args: readonly string[]) => [...TSX, "backend/cli/main.ts", ...args];
  const reported = async (args: readonly string[], database: string) => {
    const { code, out, err } = await outcomeOf(process.execPath, args, {
      env: { ...env(), DATABASE_URL: database },
    });
    return { code, out: `${out}${err}` };
  };
  return {
    dpp: async (...args: readonly string[]) =>
      JSON.parse(await runProgram(process.execPath, cli([...args, "--json"]), { env: env() })) as unknown,
    doctor: () => reported(cli(["doctor"]), system.logins.backend),
    migrate: (...args: readonly string[]) =>
      reported([...TSX, "backend/migrate/main.ts", ...args], system.stack.databaseUrl),
  };
}

/** What is stopped at the end, the last that was started first. */
interface Stops {
  add(stop: () => unknown): void;
}

/** A system with two workers and two reapers, behind fronts and gates, watched by Prometheus with shortened alerts. */
export async function setStage(dir: string): Promise<Stage> {
  const stops: (() => unknown)[] = [lockStateDir(dir)];
  // What an earlier one left, once it is sure that none goes on.
  for (const entry of readdirSync(dir)) if (entry !== LOCK) rmSync(join(dir, entry), { recursive: true, force: true });
  const close = async () => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  try {
    return { ...(await build(dir, { add: (stop) => stops.push(stop) })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(dir: string, stops: Stops): Promise<Omit<Stage, "close">> {
  const pages = await servePages();
  stops.add(() => pages.close());
  const ports = new Map<InstanceName, number>();
  for (const name of [...PROCESSES, ...SPARE]) if (!name.startsWith("edge")) ports.set(name, await freePort());
  const settings = new Map<InstanceName, Record<string, string>>();
  const moved: Record<string, string> = {};
  const fronts: HttpFront[] = [];
  const gates = { database: [] as Gate[], redis: [] as Gate[] };
  const front = async (to: string) => {
    const made = await httpFront(to);
    fronts.push(made);
    stops.add(() => made.close());
    return made.url;
  };
  const gated = async (store: keyof typeof gates, to: string) => {
    const made = await gate(to);
    gates[store].push(made);
    stops.add(() => made.close());
    return made.url;
  };
  const standIn = await startModelStandIn();
  stops.add(() => standIn.close());
  const model = await httpFront(standIn.url);
  stops.add(() => model.close());
  const system = await startSystem({
    stateDir: join(dir, "stack"),
    env: {
      PATH: process.env["PATH"],
      ...TIMES,
      DPP_METRICS_HOST: "127.0.0.1",
      DPP_WEBHOOK_ALLOW_HOSTS: "127.0.0.1:*",
      DPP_WEBHOOK_ALLOW_HTTP: "true",
      DPP_MODEL_URL: `${model.url}/v1`,
      DPP_MODEL_NAME: standIn.settings.model,
      DPP_MODEL_API_KEY: "sk-first",
    },
    processes: PROCESSES,
    fsync: false,
    fetchAllowHosts: [pages.host],
    envOf: (name) => ({
      ...(ports.has(name) ? { DPP_METRICS_PORT: String(ports.get(name)) } : {}),
      ...moved,
      ...settings.get(name),
    }),
    detour: async (direct) => ({
      s3Endpoint: await front(direct.s3Endpoint),
      sqsEndpoint: await front(direct.sqsEndpoint),
      neonHttp: await gated("database", direct.neonHttp),
      databaseUrl: await gated("database", direct.databaseUrl),
      upstashUrl: await gated("redis", direct.upstashUrl),
      redisUrl: await gated("redis", direct.redisUrl),
    }),
  });
  stops.add(() => system.stop());
  const [s3, sqs] = fronts;
  if (s3 === undefined || sqs === undefined) throw new Error("the fronts did not start");
  const owner = createPgDb({
    connectionString: system.stack.databaseUrl,
    max: 4,
    statement_timeout_ms: 30_000,
    connect_timeout_ms: 10_000,
    application_name: "rehearse",
  });
  stops.add(() => owner.close());
  const newTenant = (name: string) => createDemoTenant(owner.db, { name });
  const smokeTenant = await newTenant("smoke");
  const buyer = await newTenant("buyer");
  const outside = await startStandIns(system.edgeUrl, smokeTenant.api_key);
  stops.add(() => outside.close());
  const metricsOf = (kind: string) =>
    [...ports].filter(([name]) => name.startsWith(kind)).map(([, port]) => `127.0.0.1:${port}`);
  const alerting = await startAlerting(join(dir, "alerting"), {
    "dpp-worker": { targets: metricsOf("worker") },
    "dpp-reaper": { targets: metricsOf("reaper") },
    "dpp-edge": { targets: [outside.target], metrics_path: "/probe" },
    "kube-state-metrics": { targets: [outside.target], metrics_path: "/kube" },
  });
  stops.add(() => alerting.close());
  const operator = operatorOf(system, { s3: s3.url, sqs: sqs.url }, moved);
  const base = {
    dir,
    system,
    db: owner.db,
    pages,
    alerting,
    outside,
    smokeTenant,
    buyer,
    gates,
    s3,
    sqs,
    model,
    settings,
    moved,
  };
  return { ...base, ...operator, newTenant };
}
