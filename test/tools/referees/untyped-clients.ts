import { readFileSync } from "node:fs";
import { type Buyer, expect, expectBought, newKey, order } from "./generated/order.ts";
import type { Report } from "./report.ts";
import { load } from "./tools.ts";

interface World extends Buyer {
  readonly document: string;
}

type Bought = Parameters<typeof expectBought>[0];

interface SwaggerClient {
  execute(call: {
    readonly operationId: string;
    readonly parameters?: object;
    readonly requestBody?: object;
  }): Promise<{ readonly status: number; readonly body: unknown; readonly text: string }>;
}
interface Swagger {
  readonly default: new (options: object) => PromiseLike<SwaggerClient>;
}

/** Clients that read the document while they run. */
export async function driveUntypedClients(report: Report, world: World): Promise<void> {
  await report.check("swagger-client buys a run, reads and lists it", () => bySwaggerClient(world));
  await report.check("newman drives the collection of openapi-to-postman", () => byNewman(world));
}

async function bySwaggerClient({ edgeUrl, apiKey }: World): Promise<void> {
  const { default: Made } = await load<Swagger>("swagger-client");
  // What "Try it out" of Swagger's page is made of.
  const client = await new Made({ url: `${edgeUrl}/openapi.json`, authorizations: { apiKey: { value: apiKey } } });
  const submitted = await client.execute({
    operationId: "createRun",
    parameters: { "Idempotency-Key": newKey(), Prefer: "wait=20" },
    requestBody: order(),
  });
  expect(submitted.status === 200, `a finished run, got ${submitted.status}`);
  const { run_id: id } = submitted.body as Bought;
  const run = await client.execute({ operationId: "getRun", parameters: { id, include: ["output"] } });
  const output = await client.execute({ operationId: "getOutput", parameters: { id } });
  const list = await client.execute({ operationId: "listRuns", parameters: { limit: 5, status: ["COMPLETED"] } });
  await expectBought(run.body as Bought, output.text, (list.body as { runs: Bought[] }).runs);
}

interface Item {
  readonly name: string;
  readonly item?: Item[];
  event?: object[];
  readonly request?: {
    readonly method: string;
    readonly url: { readonly path: readonly string[]; query?: object[]; variable?: { key: string; value: string }[] };
    readonly header: { key: string; value: string; disabled?: boolean }[];
    auth?: object;
  };
}
interface Collection {
  item: Item[];
  auth?: object;
}
interface Converter {
  readonly default: {
    convertV2(
      input: object,
      options: object,
      done: (error: unknown, result: { result: boolean; reason?: string; output: { data: Collection }[] }) => void,
    ): void;
  };
}
interface Newman {
  readonly default: {
    run(options: object, done: (error: Error | null, summary: Summary) => void): void;
  };
}
interface Summary {
  readonly run: {
    readonly failures: readonly { readonly error: { readonly message: string }; readonly source?: { name?: string } }[];
    readonly stats: { readonly assertions: { readonly total: number } };
  };
}

/** The requests of the collection in the order of a purchase, each with what Postman's user would write below it. */
const STEPS: readonly { readonly call: string; readonly tests: string }[] = [
  {
    call: "POST /v1/runs",
    tests: `pm.test("is over", () => pm.expect(pm.response.code, pm.response.text()).to.eql(200));
      pm.collectionVariables.set("run", pm.response.json().run_id);`,
  },
  {
    call: "GET /v1/runs/:id",
    tests: `pm.test("is over", () => pm.expect(pm.response.json().status).to.eql("COMPLETED"));`,
  },
  {
    call: "GET /v1/runs/:id/output",
    tests: `pm.test("is of the run", () =>
      pm.expect(pm.response.json().run_id).to.eql(pm.collectionVariables.get("run")));`,
  },
  {
    call: "GET /v1/runs",
    tests: `pm.test("lists the run", () =>
      pm.expect(pm.response.json().runs.map((run) => run.run_id)).to.include(pm.collectionVariables.get("run")));`,
  },
];

async function byNewman(world: World): Promise<void> {
  const collection = await convert(readFileSync(world.document, "utf8"));
  const items = leaves(collection.item);
  collection.item = STEPS.map(({ call, tests }) => {
    const item = items.find(({ request }) => request && `${request.method} /${request.url.path.join("/")}` === call);
    if (item?.request === undefined) throw new Error(`the collection has no ${call}`);
    const { url, header } = item.request;
    for (const one of url.variable ?? []) one.value = "{{run}}";
    url.query = [];
    delete item.request.auth;
    for (const one of header) {
      if (one.key === "Idempotency-Key") one.value = "{{$guid}}";
      if (one.key === "Prefer") Object.assign(one, { value: "wait=20", disabled: false });
      if (/^(If-.*|Range)$/.test(one.key)) one.disabled = true;
    }
    item.event = [{ listen: "test", script: { exec: tests.split("\n") } }];
    return item;
  });
  collection.auth = { type: "bearer", bearer: [{ key: "token", value: world.apiKey }] };
  const { default: newman } = await load<Newman>("newman");
  const { run } = await new Promise<Summary>((resolve, reject) => {
    const options = { collection, envVar: [{ key: "baseUrl", value: world.edgeUrl }], timeoutRequest: 40_000 };
    newman.run(options, (error, summary) => (error === null ? resolve(summary) : reject(error)));
  });
  const failures = run.failures.map(({ error, source }) => `${source?.name ?? ""}: ${error.message}`);
  expect(failures.length === 0, `no failure:\n${failures.join("\n")}`);
  expect(run.stats.assertions.total === STEPS.length, `${STEPS.length} assertions`);
}

const leaves = (items: readonly Item[]): Item[] => items.flatMap((item) => (item.item ? leaves(item.item) : [item]));

async function convert(data: string): Promise<Collection> {
  const { default: converter } = await load<Converter>("openapi-to-postmanv2");
  return new Promise((resolve, reject) => {
    const options = { parametersResolution: "Example", requestNameSource: "Fallback" };
    converter.convertV2({ type: "string", data }, options, (error, converted) => {
      const [output] = converted.output ?? [];
      if (error || output === undefined) reject(new Error(converted.reason ?? String(error)));
      else resolve(output.data);
    });
  });
}
