import { createHash, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { parseUsd } from "#core/domain/money.ts";
import { priceOf } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { type components, Decisionproof, type Output, type Run } from "../../edge/client/client.ts";
import { createDemoTenant, withOwner } from "./demo-tenant.ts";
import { printLedger } from "./demo-ledger.ts";
import { servePage } from "./demo-page.ts";
import { decision, expect, type Job, page } from "./demo-jobs.ts";
import { extraction, otherJobs } from "./demo-other-jobs.ts";
import { startModelStandIn } from "../support/model-stand-in.ts";
import { startSystem, type System } from "./system.ts";

const STATE_DIR = `${process.env["DPP_DEV_DIR"] ?? ".dev"}/demo`;
const RUN_LIMIT_MS = 120_000;

type ResultUrl = components["schemas"]["Result"];

const print = (line = ""): void => console.log(line);
const step = (line: string): void => print(`  ${line}`);

/** Buys the job's work, as a program that may die between two lines does, and follows it to its end. */
async function buy(dpp: Decisionproof, job: Job): Promise<Run> {
  const idempotencyKey = randomUUID();
  const accepted = await dpp.runs.create(job.body, { idempotencyKey });
  step(`runs.create            run ${accepted.run_id}, reserved $${accepted.cost.reserved_usd}`);
  const again = await dpp.runs.create(job.body, { idempotencyKey });
  expect(again.run_id === accepted.run_id, "the same request to give the same run");
  step("runs.create, same key  the same run");

  const signal = AbortSignal.timeout(RUN_LIMIT_MS);
  let shown = "";
  for await (const { run } of dpp.runs.events(accepted, { signal })) {
    const state = `${run.status} / ${run.money_state}`;
    if (state !== shown) step(`runs.events            ${(shown = state)}`);
  }
  const run = await dpp.runs.wait(accepted, { signal });
  expect(run.status === "COMPLETED", `a run that completes, got ${run.status} ${JSON.stringify(run.error)}`);
  return run;
}

/** The result, by the client and by a URL that needs no key, and the receipt. */
async function collect(dpp: Decisionproof, run: Run): Promise<Output> {
  const bytes = await dpp.runs.download(run);
  step(`runs.download          ${bytes.byteLength} bytes, sha256 verified: ${run.result?.sha256.slice(0, 16)}...`);
  const { data: link } = await dpp.get<ResultUrl>(`/v1/runs/${run.run_id}/result`);
  const object = await fetch(link.url);
  expect(object.status === 200, `200 from object storage, got ${object.status}`);
  const sha256 = createHash("sha256")
    .update(new Uint8Array(await object.arrayBuffer()))
    .digest("hex");
  expect(sha256 === run.result?.sha256, `sha256 ${run.result?.sha256} of the presigned download, got ${sha256}`);
  step("GET <presigned URL>    the same bytes from object storage, without a key");
  const { claims } = await dpp.runs.receipt(run);
  expect(claims.charged_usd === run.cost.actual_usd, `a receipt of ${run.cost.actual_usd}, got ${claims.charged_usd}`);
  step(`runs.receipt           signature verified, it is about this result, charged $${claims.charged_usd}`);
  return dpp.runs.output(run);
}

async function perform(dpp: Decisionproof, job: Job): Promise<number> {
  print();
  print(job.title);
  const run = await buy(dpp, job);
  const document = await collect(dpp, run);
  expect(document.run_id === run.run_id, "the result to name its run");
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

const modelVariables = ({ url, model }: { readonly url: string; readonly model: string }) => ({
  DPP_MODEL_URL: url,
  DPP_MODEL_NAME: model,
});

async function main(all: boolean): Promise<void> {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  await rm(STATE_DIR, { recursive: true, force: true });
  const site = await servePage();
  // What runs of a model need, where the environment names none.
  const model = all && process.env["DPP_MODEL_URL"] === undefined ? await startModelStandIn() : undefined;
  let system: System | undefined;
  try {
    system = await startSystem({
      stateDir: STATE_DIR,
      env: model === undefined ? process.env : { ...process.env, ...modelVariables(model.settings) },
      fetchAllowHosts: [new URL(site.url).host],
    });
    print(`Everything is up after ${seconds()}: edge at ${system.edgeUrl}`);
    const tenant = await withOwner(system, (db) => createDemoTenant(db, { name: "Demo" }));
    const dpp = new Decisionproof({ apiKey: tenant.api_key, baseUrl: system.edgeUrl });
    let charged = 0;
    const jobs = [decision, page(site.url), ...(all ? [...otherJobs(), extraction] : [])];
    for (const job of jobs) charged += await perform(dpp, job);
    print();
    await printLedger(system, tenant, dpp, charged);
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
    await Promise.all([site.close(), model?.close()]);
  }
}

await main(wantsAll());
