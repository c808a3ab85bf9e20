import { beforeAll, describe, expect, test } from "vitest";
import { call } from "./client.ts";
import { complete, fail, start } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";
import { errorOf, LEGACY, order, resultOf, send } from "./mcp-client.ts";

const world = await sharedWorld();
let account: Account;
beforeAll(async () => {
  account = await world.account();
});

const NOBODYS = "01a1fa37-24d5-77a5-b92c-ccf601371541";
type Members = Readonly<Record<string, unknown>>;

describe("the tasks extension of 2026-07-28", () => {
  const ask = (method: string, params: Members, { api_key } = account, tasks = true) =>
    send(world.url, api_key, { method, params, tasks });
  const submit = async (given = order(), tasks = true) =>
    resultOf(await ask("tools/call", { name: "submit_run", arguments: given }, account, tasks));
  const get = async (taskId: unknown) => resultOf(await ask("tasks/get", { taskId }));

  test("a submit is a task from its first answer to its result", async () => {
    const created = await submit();
    const { taskId } = created;
    expect(created).toMatchObject({ resultType: "task", status: "working", ttlMs: null, pollIntervalMs: 1_000 });
    expect(Object.keys(created)).not.toEqual(expect.arrayContaining(["content"]));
    expect(await get(taskId)).toMatchObject({ resultType: "complete", taskId, status: "working" });

    await start(world.backend, String(taskId));
    expect(await get(taskId)).toMatchObject({ status: "working", statusMessage: "The run is PROCESSING." });
  });

  test("a completed task holds the answer with the result in it", async () => {
    const { taskId } = await submit();
    await complete(world.backend, String(taskId), { data: 7 }, 12_300);
    const task = await get(taskId);
    const { createdAt, lastUpdatedAt, ttlMs } = task as { createdAt: string; lastUpdatedAt: string; ttlMs: number };
    expect(task["status"]).toBe("completed");
    expect(Date.parse(createdAt) + ttlMs).toBeGreaterThan(Date.parse(lastUpdatedAt));
    const { content, structuredContent, isError } = task["result"] as { content: Members[] } & Members;
    expect([isError, structuredContent, content.length]).toMatchObject([
      false,
      { run_id: taskId, status: "COMPLETED", cost: { actual_usd: "0.0123" }, output: { data: 7 } },
      1,
    ]);
  });

  test("a completed task with a large result holds a link to it", async () => {
    const { taskId } = await submit();
    const large = { data: "x".repeat(64 * 1024) };
    await complete(world.backend, String(taskId), large, 12_300);
    const { content, structuredContent } = (await get(taskId))["result"] as { content: Members[] } & Members;
    expect(structuredContent).toMatchObject({ status: "COMPLETED", output: null });
    const link = content.find(({ type }) => type === "resource_link");
    expect((await call(String(link?.["uri"]))).body).toEqual(large);
  });

  test("a failed run is a completed task whose result is the error", async () => {
    const { taskId } = await submit();
    await fail(world.backend, String(taskId));
    expect(await get(taskId)).toMatchObject({
      status: "completed",
      statusMessage: "It did not work out.",
      result: { isError: true, structuredContent: { error: { reason_code: "NO_LUCK" } } },
    });
  });

  test("a task is canceled, and to cancel what is over is taken and changes nothing", async () => {
    const { taskId } = await submit();
    const acknowledged = resultOf(await ask("tasks/cancel", { taskId }));
    expect(Object.keys(acknowledged).toSorted()).toEqual(["_meta", "resultType"]);
    expect(await get(taskId)).toMatchObject({ status: "cancelled" });
    resultOf(await ask("tasks/cancel", { taskId }));

    const { taskId: done } = await submit();
    await complete(world.backend, String(done), {}, 12_300);
    expect(resultOf(await ask("tasks/cancel", { taskId: done }))).toEqual(acknowledged);
    expect(await get(done)).toMatchObject({ status: "completed" });
  });

  test("answers to what no task asked are taken and ignored", async () => {
    const { taskId } = await submit();
    const inputResponses = { name: { action: "accept", content: {} } };
    expect(resultOf(await ask("tasks/update", { taskId, inputResponses }))["resultType"]).toBe("complete");
    expect(await get(taskId)).toMatchObject({ status: "working" });
  });

  test("a submit that is over when it is repeated is answered at once", async () => {
    const given = order();
    const { taskId } = await submit(given);
    await complete(world.backend, String(taskId), {}, 12_300);
    expect(await submit(given)).toMatchObject({ resultType: "complete", structuredContent: { status: "COMPLETED" } });
  });

  test("a submit that is refused is no task", async () => {
    const answer = await submit(order({ max_cost_usd: "10.0001" }));
    expect(answer).toMatchObject({ resultType: "complete", isError: true });
  });

  test("a client that does not know tasks is given none, and may ask for none", async () => {
    const answer = await submit(order(), false);
    expect(answer).toMatchObject({ resultType: "complete", structuredContent: { status: "QUEUED" } });
    const { run_id: taskId } = answer["structuredContent"] as Members;
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      const refused = errorOf(await ask(method, { taskId, inputResponses: {} }, account, false), 400, -32_021);
      expect(refused.data).toEqual({ requiredCapabilities: { extensions: { "io.modelcontextprotocol/tasks": {} } } });
    }
    expect(await get(taskId)).toMatchObject({ status: "working" });
  });

  test.each(["tasks/get", "tasks/update", "tasks/cancel"])("%s knows no task of another tenant", async (method) => {
    const { taskId } = await submit();
    const other = await world.account();
    const ofId = async (id: unknown) =>
      errorOf(await ask(method, { taskId: id, inputResponses: {} }, other), 400, -32_602);
    const words = await ofId(taskId);
    expect(words).toEqual(await ofId(NOBODYS));
    expect(words).toEqual(await ofId("no-such-task"));
    expect(await get(taskId)).toMatchObject({ status: "working" });
  });

  test("a task outlives its time no longer than its result does", async () => {
    const { taskId } = await submit();
    await complete(world.backend, String(taskId), {}, 12_300);
    await world.owner.query("UPDATE runs SET retention_until = now() - interval '1 second' WHERE run_id = $1", [
      String(taskId),
    ]);
    expect(errorOf(await ask("tasks/get", { taskId }), 400, -32_602).message).toMatch(/expired/);
  });
});

describe("the tasks of 2025-11-25", () => {
  const ask = (method: string, params: Members, { api_key } = account) =>
    send(world.url, api_key, { method, params, revision: LEGACY });
  const submit = async () => {
    const params = { name: "submit_run", arguments: order(), task: { ttl: 60_000 } };
    return resultOf(await ask("tools/call", params))["task"] as Members;
  };

  test("a submit that asks for a task is followed to its result", async () => {
    const { taskId, ...task } = await submit();
    expect(task).toMatchObject({ status: "working", ttl: null, pollInterval: 1_000 });
    expect(resultOf(await ask("tasks/get", { taskId }))).toMatchObject({ taskId, status: "working" });

    const waiting = ask("tasks/result", { taskId });
    await complete(world.backend, String(taskId), { data: 7 }, 12_300);
    expect(resultOf(await waiting)).toMatchObject({
      isError: false,
      structuredContent: { run_id: taskId, status: "COMPLETED", output: { data: 7 } },
      _meta: { "io.modelcontextprotocol/related-task": { taskId } },
    });
    expect(resultOf(await ask("tasks/get", { taskId }))).toMatchObject({ status: "completed" });
  });

  test("a task is canceled once", async () => {
    const { taskId } = await submit();
    expect(resultOf(await ask("tasks/cancel", { taskId }))).toMatchObject({ taskId, status: "cancelled" });
    errorOf(await ask("tasks/cancel", { taskId }), 200, -32_602);
  });

  test("a repeated submit is the same task, and a refused one is none", async () => {
    const given = order();
    const again = (change = {}) =>
      ask("tools/call", { name: "submit_run", arguments: { ...given, ...change }, task: {} });
    const { taskId } = resultOf(await again())["task"] as Members;
    await complete(world.backend, String(taskId), {}, 12_300);
    expect(resultOf(await again())["task"]).toMatchObject({ taskId, status: "completed" });
    const refused = errorOf(await again({ max_cost_usd: "0.5000" }), 200, -32_602);
    expect(refused.data).toMatchObject({ status: 409, title: "The Idempotency-Key was used with another request" });
  });

  test("no other tool is ever a task", async () => {
    errorOf(await ask("tools/call", { name: "get_budget", task: {} }), 200, -32_601);
  });

  test.each(["tasks/get", "tasks/result", "tasks/cancel"])("%s knows no task of another tenant", async (method) => {
    const { taskId } = await submit();
    const other = await world.account();
    const words = errorOf(await ask(method, { taskId }, other), 200, -32_602);
    expect(words).toEqual(errorOf(await ask(method, { taskId: NOBODYS }, other), 200, -32_602));
  });
});
