import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { type ConsumerProject, consumerProject, snippets, typeErrors } from "../tools/client/pack-client.ts";
import { streamingWorld } from "./harness.ts";
import { workerOf } from "./worker.ts";

const run = promisify(execFile);
const POLL_MS = 50;

/** What each snippet prints, by the number of its heading. */
const PRINTED: readonly (readonly [number: string, printed: RegExp])[] = [
  ["1", /^\w+ 0\.0020\n$/],
  ["2", /^0\.0050 would be accepted\n$/],
  ["3", /^the same run\nCOMPLETED \S+\.svg\n$/],
  ["4", /^((QUEUED|PROCESSING)\n)*COMPLETED\n$/],
  ["5", /^(it was over\n)?in time\n$/],
  ["6", /^(400 invalid-request|422 max-cost-below-price) /],
  ["7", /^[0-9a-f-]{36} 0\.00[^]*CHARGE 0\.0020\n[^]*continue from \S+\n$/],
  ["8", /^0\.0050 [0-9a-f]{64}\nCOMPLETED\n$/],
  ["9", /^evt_1 1\n204\n$/],
  ["10", /^\d+\.\d{4}\n[^]*char 0\.\d{4}\n/],
];

const world = await streamingWorld();
const worker = workerOf(world, () => Promise.reject(new Error("no snippet reaches the network")));
const gone = new AbortController();
let project: ConsumerProject;
let env: Record<string, string>;
let working: Promise<void>;
const code = snippets();

/** Takes every run of the tenant, as a worker that polls. */
async function work(tenant_id: string): Promise<void> {
  while (!gone.signal.aborted) {
    const sql = "SELECT run_id FROM runs WHERE tenant_id = $1 AND status = 'QUEUED'";
    for (const { run_id } of await world.owner.query(sql, [tenant_id])) await worker.run(String(run_id));
    await sleep(POLL_MS);
  }
}

beforeAll(async () => {
  const { tenant_id, api_key } = await world.account({ plan: { pack_types: [...catalog.keys()] } });
  const admin = await world.key(tenant_id, { scopes: ["submit", "read", "admin"] });
  env = {
    DECISIONPROOF_BASE_URL: world.url,
    DECISIONPROOF_API_KEY: api_key,
    DECISIONPROOF_ADMIN_KEY: admin.api_key,
  };
  project = await consumerProject();
  for (const [heading, text] of code) writeFileSync(join(project.dir, fileOf(heading)), text);
  working = work(tenant_id);
});
afterAll(async () => {
  gone.abort();
  await working;
  worker.close();
  project[Symbol.dispose]();
});

const fileOf = (heading: string) => `snippet-${heading.split(".")[0]}.ts`;

describe("the README of the client", () => {
  test("has ten snippets, and they compile", async () => {
    expect([...code.keys()].map((heading) => heading.split(".")[0])).toEqual(PRINTED.map(([number]) => number));
    const options = { module: "NodeNext", lib: ["ES2023"], types: ["node"] };
    expect(await typeErrors(project.dir, options, [...code.keys()].map(fileOf))).toBe("");
  });

  test.each(PRINTED)("prints what it says by its snippet %s, at a real edge", async (number, printed) => {
    const { stdout, stderr } = await run(process.execPath, [join(project.dir, `snippet-${number}.ts`)], { env });
    expect([stdout, stderr]).toEqual([expect.stringMatching(printed), ""]);
  });
});
