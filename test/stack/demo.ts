import { createHash, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { parseUsd } from "#core/domain/money.ts";
import { anyKeySet } from "#core/domain/receipt-key.ts";
import { verifyReceipt } from "../../backend/cli/operations/verify-receipt.ts";
import { type DemoTenant, createDemoTenant, withOwner } from "./demo-tenant.ts";
import { printLedger } from "./demo-ledger.ts";
import { servePage } from "./demo-page.ts";
import { startSystem, type System } from "./system.ts";

const STATE_DIR = `${process.env["DPP_DEV_DIR"] ?? ".dev"}/demo`;
const POLL_MS = 25;
const RUN_LIMIT_MS = 30_000;

const submitted = z.object({ run_id: z.guid(), status: z.string(), reserved_cost_usd: z.string() });
const run = z.object({
  status: z.string(),
  money_state: z.string(),
  cost: z.object({ reserved_usd: z.string(), actual_usd: z.string().nullable() }),
  error: z.object({ reason_code: z.string(), detail: z.string() }).nullable(),
});
const link = z.object({ url: z.url(), sha256: z.string(), size_bytes: z.number() });
const signed = z.object({ receipt: z.string(), jwks_uri: z.url() });
const result = z.object({
  run_id: z.string(),
  status: z.literal("COMPLETED"),
  cost: z.object({ actual_usd: z.string() }),
  units: z.record(z.string(), z.number()),
  data: z.unknown(),
});

interface Job {
  readonly title: string;
  readonly body: { readonly pack_type: string; readonly inputs: unknown; readonly max_cost_usd: string };
  /** What the result found, in a line or two; throws when it is not what this input must give. */
  found(data: unknown): readonly string[];
}

const print = (line = ""): void => console.log(line);
const step = (line: string): void => print(`  ${line}`);

function expect(held: boolean, what: string): void {
  if (!held) throw new Error(`the demo expected: ${what}`);
}

async function call(url: string, init: RequestInit, status: number): Promise<unknown> {
  const response = await fetch(url, init);
  const text = await response.text();
  expect(response.status === status, `${status} from ${url}, got ${response.status}: ${text}`);
  return JSON.parse(text);
}

async function submitAndWait(edge: string, key: string, job: Job): Promise<string> {
  const authorization = `Bearer ${key}`;
  const request = {
    method: "POST",
    headers: { authorization, "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify(job.body),
  };
  const accepted = submitted.parse(await call(`${edge}/v1/runs`, request, 202));
  step(`POST /v1/runs                202  run ${accepted.run_id}, reserved $${accepted.reserved_cost_usd}`);
  const replay = submitted.parse(await call(`${edge}/v1/runs`, request, 202));
  expect(replay.run_id === accepted.run_id, "the same request to give the same run");
  step(`POST again, same key         202  the same run`);

  const until = Date.now() + RUN_LIMIT_MS;
  for (let shown = ""; ; await sleep(POLL_MS)) {
    const now = run.parse(await call(`${edge}/v1/runs/${accepted.run_id}`, { headers: { authorization } }, 200));
    const state = `${now.status} / ${now.money_state}`;
    if (state !== shown) step(`GET  /v1/runs/{id}           200  ${(shown = state)}`);
    expect(now.error === null, `no error, got ${JSON.stringify(now.error)}`);
    if (now.status === "COMPLETED") return accepted.run_id;
    expect(Date.now() < until, `the run to end within ${RUN_LIMIT_MS} ms`);
  }
}

async function download(edge: string, key: string, run_id: string): Promise<z.infer<typeof result>> {
  const found = link.parse(
    await call(`${edge}/v1/runs/${run_id}/result`, { headers: { authorization: `Bearer ${key}` } }, 200),
  );
  step(`GET  /v1/runs/{id}/result    200  presigned for 15 minutes, sha256 ${found.sha256.slice(0, 16)}...`);
  const object = await fetch(found.url);
  const bytes = new Uint8Array(await object.arrayBuffer());
  expect(object.status === 200, `200 from object storage, got ${object.status}`);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  expect(sha256 === found.sha256, `sha256 ${found.sha256} of the download, got ${sha256}`);
  expect(bytes.byteLength === found.size_bytes, `${found.size_bytes} bytes, got ${bytes.byteLength}`);
  step(`GET  <presigned URL>         200  ${bytes.byteLength} bytes, sha256 verified`);
  await checkReceipt(edge, key, run_id, bytes);
  return result.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

async function checkReceipt(edge: string, key: string, run_id: string, bytes: Uint8Array): Promise<void> {
  const authorization = `Bearer ${key}`;
  const found = signed.parse(await call(`${edge}/v1/runs/${run_id}/receipt`, { headers: { authorization } }, 200));
  const keys = anyKeySet.parse(await call(found.jwks_uri, {}, 200));
  const verdict = await verifyReceipt({ text: found.receipt, keys, result: bytes });
  expect(verdict.exit_code === undefined, `a receipt of this result, got: ${verdict.text}`);
  step(`GET  /v1/runs/{id}/receipt   200  signature verified, it is about this result`);
}

const decision: Job = {
  title: "decision: which queue should a small team run?",
  body: {
    pack_type: "decision",
    max_cost_usd: "0.0500",
    inputs: {
      question: "Which queue should a team of four run for its first product?",
      mode: "detailed",
      options: ["Hosted queue", "Log broker", "Database table"],
      criteria: [
        { name: "Operations per week (h)", weight: 5, direction: "min" },
        { name: "Cost per month (USD)", weight: 3, direction: "min" },
        { name: "Throughput (msg/s)", weight: 1, direction: "max" },
        { name: "Ease of debugging (1-10)", weight: 3, direction: "max" },
      ],
      scores: {
        "Hosted queue": {
          "Operations per week (h)": 0.5,
          "Cost per month (USD)": 40,
          "Throughput (msg/s)": 3000,
          "Ease of debugging (1-10)": 6,
        },
        "Log broker": {
          "Operations per week (h)": 6,
          "Cost per month (USD)": 350,
          "Throughput (msg/s)": 90000,
          "Ease of debugging (1-10)": 4,
        },
        "Database table": {
          "Operations per week (h)": 1,
          "Cost per month (USD)": 0,
          "Throughput (msg/s)": 800,
          "Ease of debugging (1-10)": 9,
        },
      },
    },
  },
  found(data) {
    const { winner, margin } = z.object({ winner: z.string(), margin: z.number() }).parse(data);
    expect(winner === "Database table", `the winner by hand, got ${winner}`);
    return [`winner: ${winner}, by ${margin}`];
  },
};

const page = (url: string): Job => ({
  title: "url: a page served by this demo",
  body: { pack_type: "url", max_cost_usd: "0.0200", inputs: { url, format: "markdown" } },
  found(data) {
    const { title, markdown } = z.object({ title: z.string(), markdown: z.string() }).parse(data);
    expect(title.includes("message queue"), `the page's title, got ${title}`);
    expect(markdown.includes("A queue is a promise"), "the page's text");
    return [`title: ${title}`, `text:  ${markdown.replaceAll(/\s+/g, " ").slice(0, 90)}...`];
  },
});

async function perform(edge: string, tenant: DemoTenant, job: Job): Promise<number> {
  print();
  print(job.title);
  const run_id = await submitAndWait(edge, tenant.api_key, job);
  const document = await download(edge, tenant.api_key, run_id);
  expect(document.run_id === run_id, "the result to name its run");
  for (const line of job.found(document.data)) step(`-> ${line}`);
  const units = Object.entries(document.units).map(([name, count]) => `${count} ${name}`);
  step(`-> charged $${document.cost.actual_usd} (${units.join(", ")})`);
  return parseUsd(document.cost.actual_usd) ?? Number.NaN;
}

async function main(): Promise<void> {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  await rm(STATE_DIR, { recursive: true, force: true });
  const site = await servePage();
  let system: System | undefined;
  try {
    system = await startSystem({
      stateDir: STATE_DIR,
      env: process.env,
      fetchAllowHosts: [new URL(site.url).host],
    });
    print(`Everything is up after ${seconds()}: edge at ${system.edgeUrl}`);
    const tenant = await withOwner(system, (db) => createDemoTenant(db, { name: "Demo" }));
    let charged = 0;
    for (const job of [decision, page(site.url)]) charged += await perform(system.edgeUrl, tenant, job);
    print();
    await printLedger(system, tenant, charged);
    print();
    print(`The main job holds: paid work done, verified and settled to the micro, in ${seconds()}.`);
    print("To play with it: npm run dev");
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    console.error(`The logs of its processes are in ${STATE_DIR}.`);
    process.exitCode = 1;
  } finally {
    await system?.stop();
    await site.close();
  }
}

await main();
