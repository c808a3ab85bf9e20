import { beforeAll, describe, expect, test } from "vitest";
import { acceptedRun, call, get, newIdempotencyKey, post, problemOf, work } from "./client.ts";
import { complete, fail } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";
import {
  found,
  isStructured,
  LEGACY,
  order,
  refused,
  type Revision,
  resultOf,
  revisions,
  said,
  send,
  tool,
} from "./mcp-client.ts";
import { judgeOf } from "./schema-judge.ts";
import { storedResult } from "./stored-result.ts";

const world = await sharedWorld();
let account: Account;
beforeAll(async () => {
  account = await world.account();
});

const NOBODYS = "01a1fa37-24d5-77a5-b92c-ccf601371541";
const TOOLS = ["list_packs", "estimate_run", "submit_run", "get_run", "get_result", "cancel_run", "get_budget"];

interface Described {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: object;
  readonly annotations?: { readonly readOnlyHint: boolean; readonly title?: string };
  readonly execution?: { readonly taskSupport: string };
}

async function listed(revision: Revision): Promise<readonly Described[]> {
  const answer = await send(world.url, account.api_key, { method: "tools/list", revision });
  return resultOf(answer)["tools"] as readonly Described[];
}

describe.each(revisions)("in the revision of %s", (revision) => {
  const ask = (name: string, given: Readonly<Record<string, unknown>> = {}, { api_key } = account) =>
    tool({ url: world.url, api_key, revision }, name, given);

  test("every tool is listed with what an agent needs to use it, in the words of the revision", async () => {
    const described = await listed(revision);
    expect(described.map(({ name }) => name)).toEqual(TOOLS);
    for (const { title, description, inputSchema, outputSchema, annotations } of described) {
      expect(description).not.toBe("");
      expect(inputSchema["type"]).toBe("object");
      judgeOf(inputSchema);
      expect([title !== undefined, outputSchema !== undefined]).toEqual([
        isStructured(revision),
        isStructured(revision),
      ]);
      expect(annotations?.title !== undefined).toBe(revision === "2025-03-26");
      if (outputSchema !== undefined) judgeOf(outputSchema);
    }
    const reading = described.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name);
    const readers = TOOLS.filter((name) => !["submit_run", "cancel_run"].includes(name));
    expect(reading).toEqual(revision === "2024-11-05" ? [] : readers);
    const execution = described.map((one) => one.execution?.taskSupport);
    expect(execution.filter((support) => support !== undefined)).toEqual(revision === LEGACY ? ["optional"] : []);
  });

  test("what a tool answers fits the schema that it is listed with", async () => {
    const submitted = found(await ask("submit_run", order()));
    const run_id = String(submitted["run_id"]);
    const done = found(await ask("submit_run", order()));
    await complete(world.backend, String(done["run_id"]), storedResult(String(done["run_id"])), 12_300);
    const answers: Readonly<Record<string, unknown>> = {
      submit_run: submitted,
      get_run: found(await ask("get_run", { run_id })),
      cancel_run: found(await ask("cancel_run", { run_id })),
      get_result: found(await ask("get_result", { run_id: done["run_id"] })),
      get_budget: found(await ask("get_budget")),
      list_packs: found(await ask("list_packs")),
      estimate_run: found(await ask("estimate_run", work())),
    };
    for (const { name, outputSchema = {} } of await listed(revision)) {
      const fits = judgeOf(outputSchema);
      expect([name, fits(answers[name]), fits.errors]).toEqual([name, true, null]);
    }
  });

  test("a run is bought, ends, and its result is what was stored, at the price that was charged", async () => {
    const submitted = await ask("submit_run", order());
    expect(found(submitted)).toMatchObject({
      status: "QUEUED",
      replayed: false,
      cost: { max_usd: "1.0000", actual_usd: null },
    });
    expect(submitted.answer.headers.get("ratelimit-policy")).toMatch(/^"submit";q=/);
    const run_id = String(found(submitted)["run_id"]);

    const result = { data: { winner: "tea" } };
    const { sha256, bytes } = await complete(world.backend, run_id, result, 12_300);
    const run = await ask("get_run", { run_id });
    expect(found(run)).toMatchObject({ status: "COMPLETED", cost: { actual_usd: "0.0123" }, result: { sha256 } });
    expect(run.answer.headers.get("ratelimit-policy")).toMatch(/^"read";q=/);

    const download = await ask("get_result", { run_id });
    expect(found(download)).toMatchObject({ sha256, size_bytes: bytes, content_type: "application/json" });
    const { url, output } = found(download);
    expect(output).toEqual(result);
    expect((await call(String(url))).body).toEqual(result);
  });

  test("the same order over MCP and over HTTP is the same run, charged once", async () => {
    const idempotency_key = newIdempotencyKey();
    const over_http = acceptedRun(await post({ url: world.url, api_key: account.api_key, idempotency_key }));
    const over_mcp = found(await ask("submit_run", order({ idempotency_key })));
    expect(over_mcp).toMatchObject({ run_id: over_http.run_id, replayed: true });
    const other = await ask("submit_run", order({ idempotency_key, max_cost_usd: "0.5000" }));
    expect(refused(other)).toMatchObject({ status: 409, title: "The Idempotency-Key was used with another request" });
  });

  test("a submit that waits is answered once the run is over", async () => {
    const given = order();
    const { run_id } = found(await ask("submit_run", given));
    const waiting = ask("submit_run", { ...given, wait_seconds: 30 });
    await complete(world.backend, String(run_id), { ok: true }, 12_300);
    const waited = await waiting;
    expect(found(waited)).toMatchObject({ run_id, status: "COMPLETED", output: { ok: true } });
    expect(waited.content).toHaveLength(1);
  });

  test("a run that failed says so, and how, when its submit is repeated", async () => {
    const given = order();
    const { run_id } = found(await ask("submit_run", given));
    await fail(world.backend, String(run_id));
    const again = await ask("submit_run", given);
    expect(again.isError).toBe(true);
    expect(said(again)).toMatchObject({ error: { reason_code: "NO_LUCK" } });
    expect(refused(await ask("get_result", { run_id }))).toMatchObject({ status: 409 });
  });

  test("a run is canceled once, and what is over cannot be", async () => {
    const { run_id } = found(await ask("submit_run", order()));
    expect(found(await ask("cancel_run", { run_id }))).toMatchObject({
      outcome: "canceled",
      run: { status: "CANCELED" },
    });
    expect(found(await ask("cancel_run", { run_id }))).toMatchObject({ outcome: "canceled" });
    const { run_id: done } = found(await ask("submit_run", order()));
    await complete(world.backend, String(done), { ok: true }, 12_300);
    expect(refused(await ask("cancel_run", { run_id: done }))).toMatchObject({ title: "The run has ended" });
  });

  test("an estimate reserves nothing and tells whether a submit would be taken", async () => {
    const poor = await world.account({ funds: 500_000 });
    const taken = found(await ask("estimate_run", work({ max_cost_usd: "0.5000" }), poor));
    expect(taken).toMatchObject({ admitted: true, refusal: null, reserved_usd: "0.5000" });
    const estimate = found(await ask("estimate_run", work(), poor));
    expect(estimate).toMatchObject({ admitted: false, refusal: { status: 422 } });
    expect(found(await ask("get_budget", {}, poor))).toMatchObject({ available_usd: "0.5000", open_runs: 0 });
  });

  test("the list of all packs has no schemas, which would fill a model's context", async () => {
    const { packs } = found(await ask("list_packs")) as { packs: readonly Members[] };
    expect(packs.length).toBeGreaterThan(1);
    for (const pack of packs) expect(Object.keys(pack)).not.toEqual(expect.arrayContaining(["inputs"]));
    for (const pack of packs) expect(Object.keys(pack)).not.toEqual(expect.arrayContaining(["data"]));
    expect(JSON.stringify(packs).length).toBeLessThan(10_000);
  });

  test("a pack is described with the schema of its inputs and an example that fits it", async () => {
    const { packs } = found(await ask("list_packs", { pack_type: "compliance" })) as { packs: readonly Members[] };
    expect(packs.map((pack) => pack["pack_type"])).toEqual(["compliance"]);
    const [pack] = packs as readonly {
      inputs: object;
      data: object;
      examples: readonly { run: Members }[];
    }[];
    if (pack === undefined) return expect.unreachable();
    const { inputs, data, examples } = pack;
    for (const { run } of examples) expect(judgeOf(inputs)(run["inputs"])).toBe(true);
    expect(data).toMatchObject({ properties: { verdict: {}, findings: {} } });
    for (const { run } of examples) found(await ask("estimate_run", run));
    expect(examples).toHaveLength(3);
    expect(refused(await ask("list_packs", { pack_type: "magic" }))["errors"]).toMatchObject([
      { pointer: "/pack_type" },
    ]);
  });

  test.each([
    ["submit_run", { max_cost_usd: 1 }, ["/max_cost_usd"]],
    ["submit_run", { surprise: true, inputs: { question: 7 } }, ["/inputs/question", "/surprise"]],
    ["submit_run", { idempotency_key: "short" }, ["/idempotency_key"]],
    ["submit_run", { wait_seconds: 31 }, ["/wait_seconds"]],
    ["get_run", { run_id: "one" }, ["/run_id"]],
    ["get_result", {}, ["/run_id"]],
    ["cancel_run", { run_id: NOBODYS, force: true }, ["/force"]],
    ["get_budget", { all: true }, ["/all"]],
  ])("%s names what does not fit in %j", async (name, change, pointers) => {
    const given = name === "submit_run" ? order(change) : change;
    const document = refused(await ask(name, given)) as { status: number; errors: readonly { pointer: string }[] };
    expect(document.status).toBe(400);
    expect(document.errors.map(({ pointer }) => pointer).toSorted()).toEqual(pointers);
  });

  test("the refusal of a tool has the words that the same request meets over HTTP", async () => {
    const poor = await world.account({ funds: 500_000 });
    const over_http = problemOf(await post({ url: world.url, api_key: poor.api_key }), 422, "budget-exceeded");
    const { trace_id: _trace, instance: _instance, ...same } = over_http;
    expect(refused(await ask("submit_run", order(), poor))).toMatchObject(same);
  });

  test.each(["get_run", "get_result", "cancel_run"])("%s answers of another tenant's run as of none", async (name) => {
    const { run_id } = found(await ask("submit_run", order()));
    const other = await world.account();
    const words = async (id: unknown) => {
      const { trace_id: _trace, ...document } = refused(await ask(name, { run_id: id }, other));
      return document;
    };
    expect(await words(run_id)).toEqual(await words(NOBODYS));
    expect(await words(run_id)).toMatchObject({ status: 404 });
    expect(found(await ask("get_run", { run_id }))["status"]).toBe("QUEUED");
  });

  test.each([
    ["submit_run", "read", order()],
    ["cancel_run", "read", { run_id: NOBODYS }],
    ["estimate_run", "read", work()],
    ["get_run", "submit", { run_id: NOBODYS }],
    ["get_budget", "submit", {}],
  ] as const)("%s wants more than the scope %s", async (name, scope, given) => {
    const narrow = await world.key(account.tenant_id, { scopes: [scope] });
    const called = await ask(name, given, narrow);
    expect(refused(called)).toMatchObject({ status: 403, title: "The API key lacks a scope" });
    expect(called.answer.headers.has("ratelimit")).toBe(true);
  });

  test("a rate that is used up is told, with the time to wait", async () => {
    const slow = await world.account({ plan: { submit_per_minute: 1, submit_burst: 1 } });
    found(await ask("submit_run", order(), slow));
    const called = await ask("submit_run", order(), slow);
    const document = refused(called);
    expect(document).toMatchObject({ status: 429 });
    expect(called.answer.headers.get("retry-after")).toBe(String(document["retry_after_s"]));
    expect(called.answer.headers.get("ratelimit")).toMatch(/^"submit";r=0;t=/);
  });

  test("any good key may see what there is, whatever its scopes", async () => {
    const narrow = await world.key(account.tenant_id, { scopes: ["submit"] });
    const answer = await send(world.url, narrow.api_key, { method: "tools/list", revision });
    expect(resultOf(answer)["tools"]).toHaveLength(TOOLS.length);
    expect(answer.headers.get("ratelimit-policy")).toMatch(/^"read";q=/);
  });
});

type Members = Readonly<Record<string, unknown>>;

test("the run of an agent is a run like any other", async () => {
  const { run_id } = found(await tool({ url: world.url, api_key: account.api_key }, "submit_run", order()));
  const run = await get(`${world.url}/v1/runs/${String(run_id)}`, account.api_key);
  expect(run.body).toEqual(found(await tool({ url: world.url, api_key: account.api_key }, "get_run", { run_id })));
});
