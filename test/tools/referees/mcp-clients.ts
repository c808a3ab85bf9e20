import { createHash, randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import type { Verdict } from "./mcp.ts";

interface World {
  readonly edgeUrl: string;
  readonly apiKey: string;
}

type Call = (name: string, given: Record<string, unknown>) => Promise<unknown>;

/** As much of the official clients as is used here: they are installed apart, for those who call the referees. */
interface Client {
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<{ readonly tools: readonly unknown[] }>;
  callTool(call: { readonly name: string; readonly arguments: object }): Promise<{
    readonly content: unknown;
    readonly structuredContent?: unknown;
    readonly isError?: boolean;
  }>;
}
interface TaskClient extends Client {
  readonly experimental: {
    readonly tasks: {
      callToolStream(call: object, schema: undefined, options: object): AsyncIterable<TaskMessage>;
    };
  };
}
type TaskMessage =
  | { readonly type: "taskCreated" | "taskStatus" }
  | { readonly type: "error"; readonly error: Error }
  | { readonly type: "result"; readonly result: unknown };
type Transport = new (url: URL, options: object) => object;
type Constructor<C> = new (who: object, options: object) => C;

/** The name is no literal, so that types can be checked where the clients are not installed. */
const load = async (name: string): Promise<unknown> => import(name);

const WHO = { name: "decisionproof-referee", version: "1.0.0" };
const POLLS = 120;

const submitted = z.object({ run_id: z.uuid() });
const run = z.object({ status: z.string(), cost: z.object({ actual_usd: z.string().nullable() }) });
const download = z.object({ url: z.url(), sha256: z.string(), size_bytes: z.int() });
const stored = z.object({ data: z.record(z.string(), z.unknown()) });
const toolResult = z.object({ structuredContent: z.object({ output: stored }) });

const order = () => ({
  pack_type: "compliance",
  inputs: { text: "Write to ada@example.com." },
  max_cost_usd: "0.0500",
  idempotency_key: `referee-${randomUUID()}`,
});

/** A whole run by each official client, in each revision that it speaks. */
export async function judgeByClients(world: World): Promise<Verdict> {
  const played = [
    await play("the client 2.4.0 in 2026-07-28 buys a run and verifies its result", () =>
      byClient(world, { pin: "2026-07-28" }),
    ),
    await play("the client 2.4.0 in 2025-11-25 buys a run and verifies its result", () => byClient(world, "legacy")),
    await play("the SDK 1.32.2 follows a run as a task of 2025-11-25 to its result", () => byTasks(world)),
  ];
  return {
    name: "MCP clients",
    passed: played.filter(({ fault }) => fault === undefined).length,
    failed: played.filter(({ fault }) => fault !== undefined).length,
    notes: played.map(({ what, fault }) => (fault === undefined ? what : `${what}: FAILED: ${fault}`)),
  };
}

async function play(what: string, scenario: () => Promise<void>): Promise<{ what: string; fault: string | undefined }> {
  try {
    await scenario();
    return { what, fault: undefined };
  } catch (error) {
    return { what, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const headersOf = ({ apiKey }: World) => ({ requestInit: { headers: { Authorization: `Bearer ${apiKey}` } } });
const addressOf = ({ edgeUrl }: World) => new URL("/mcp", edgeUrl);

async function byClient(world: World, mode: unknown): Promise<void> {
  const { Client: Made, StreamableHTTPClientTransport: Over } = (await load("@modelcontextprotocol/client")) as {
    readonly Client: Constructor<Client>;
    readonly StreamableHTTPClientTransport: Transport;
  };
  const client = new Made(WHO, { versionNegotiation: { mode } });
  await client.connect(new Over(addressOf(world), headersOf(world)));
  try {
    const { tools } = await client.listTools();
    if (tools.length !== 7) throw new Error(`${tools.length} tools are listed`);
    // The client checks every structure against the tool's schema.
    await buyAndVerify(async (name, given) => {
      const answer = await client.callTool({ name, arguments: given });
      if (answer.isError === true) throw new Error(`${name}: ${JSON.stringify(answer.content)}`);
      return answer.structuredContent;
    });
  } finally {
    await client.close();
  }
}

async function buyAndVerify(call: Call): Promise<void> {
  await call("list_packs", {});
  const { idempotency_key, ...estimate } = order();
  await call("estimate_run", estimate);
  const { run_id } = submitted.parse(await call("submit_run", { ...estimate, idempotency_key }));
  for (let poll = 0; ; poll++) {
    const { status, cost } = run.parse(await call("get_run", { run_id }));
    if (status === "COMPLETED" && cost.actual_usd !== null) break;
    if (poll === POLLS || !["QUEUED", "PROCESSING"].includes(status)) throw new Error(`the run is ${status}`);
    await setTimeout(250);
  }
  await verify(download.parse(await call("get_result", { run_id })));
  await call("get_budget", {});
}

async function verify({ url, sha256, size_bytes }: z.infer<typeof download>): Promise<void> {
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== sha256 || bytes.length !== size_bytes) throw new Error("the download is not what was promised");
  stored.parse(JSON.parse(bytes.toString()));
}

async function byTasks(world: World): Promise<void> {
  const { Client: Made } = (await load("@modelcontextprotocol/sdk/client/index.js")) as {
    readonly Client: Constructor<TaskClient>;
  };
  const { StreamableHTTPClientTransport: Over } = (await load(
    "@modelcontextprotocol/sdk/client/streamableHttp.js",
  )) as {
    readonly StreamableHTTPClientTransport: Transport;
  };
  const client = new Made(WHO, { capabilities: {} });
  await client.connect(new Over(addressOf(world), headersOf(world)));
  try {
    // What the client learns of a tool here decides whether it may ask for a task.
    await client.listTools();
    const seen: string[] = [];
    const call = { name: "submit_run", arguments: order() };
    const options = { task: { ttl: 60_000 } };
    for await (const message of client.experimental.tasks.callToolStream(call, undefined, options)) {
      seen.push(message.type);
      if (message.type === "error") throw message.error;
      if (message.type === "result") toolResult.parse(message.result);
    }
    if (seen[0] !== "taskCreated" || seen.at(-1) !== "result") throw new Error(`what was seen is ${seen.join(", ")}`);
  } finally {
    await client.close();
  }
}
