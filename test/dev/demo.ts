import { createHash, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { parseArgs } from "node:util";
import { parseUsd } from "#core/domain/money.ts";
import { anyKeySet } from "#core/domain/receipt-key.ts";
import { verifyReceipt } from "../../backend/cli/operations/verify-receipt.ts";
import { priceOf } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { type DemoTenant, createDemoTenant, withOwner } from "./demo-tenant.ts";
import { printLedger } from "./demo-ledger.ts";
import { servePage } from "./demo-page.ts";
import { decision, expect, type Job, page } from "./demo-jobs.ts";
import { otherJobs } from "./demo-other-jobs.ts";
import { startSystem, type System } from "./system.ts";

const STATE_DIR = `${process.env["DPP_DEV_DIR"] ?? ".dev"}/demo`;
const POLL_MS = 25;
const RUN_LIMIT_MS = 120_000;

const submitted = z.object({ run_id: z.guid(), status: z.string(), cost: z.object({ reserved_usd: z.string() }) });
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
  artifacts: z.array(z.object({ name: z.string(), text: z.string() })),
});

const print = (line = ""): void => console.log(line);
const step = (line: string): void => print(`  ${line}`);

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
  step(`POST /v1/runs                202  run ${accepted.run_id}, reserved $${accepted.cost.reserved_usd}`);
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

async function perform(edge: string, tenant: DemoTenant, job: Job): Promise<number> {
  print();
  print(job.title);
  const run_id = await submitAndWait(edge, tenant.api_key, job);
  const document = await download(edge, tenant.api_key, run_id);
  expect(document.run_id === run_id, "the result to name its run");
  for (const line of job.found(document.data, document.artifacts)) step(`-> ${line}`);
  const units = Object.entries(document.units).map(([name, count]) => `${count} ${name}`);
  const charged = parseUsd(document.cost.actual_usd);
  const price = priceOf(catalog.get(job.body.pack_type)?.prices ?? {}, document.units);
  expect(charged === price, `a charge of the price list x units, ${price} micros, got ${charged}`);
  step(`-> charged $${document.cost.actual_usd} = the price list x ${units.join(", ")}`);
  return price;
}

const USAGE = "Usage: npm run demo [-- --all]";

function wantsAll(): boolean {
  try {
    const { all } = parseArgs({ options: { all: { type: "boolean", default: false } } }).values;
    // `npm run demo --all`, without `--`: npm takes the flag for its own and passes it on in the environment.
    return all || process.env["npm_config_all"] === "true";
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(USAGE);
    process.exit(2);
  }
}

async function main(all: boolean): Promise<void> {
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
    const jobs = [decision, page(site.url), ...(all ? otherJobs() : [])];
    for (const job of jobs) charged += await perform(system.edgeUrl, tenant, job);
    print();
    await printLedger(system, tenant, charged);
    print();
    const packs = new Set(jobs.map(({ body }) => body.pack_type));
    if (all) expect(packs.size === catalog.size, `a run of each of the ${catalog.size} packs`);
    print(`The main job holds: paid work done, verified and settled to the micro, in ${seconds()}.`);
    print("To play with it, and to see runs in a browser: npm run dev, then open the console that it prints");
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    console.error(`The logs of its processes are in ${STATE_DIR}.`);
    process.exitCode = 1;
  } finally {
    await system?.stop();
    await site.close();
  }
}

await main(wantsAll());
