import { eventually } from "../support/eventually.ts";
import { describe, expect, test } from "vitest";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { runView } from "#core/domain/run-view.ts";
import {
  type ApiResponse,
  acceptedRun,
  bearer,
  call,
  cancelRun,
  newIdempotencyKey,
  post,
  problemOf,
} from "./client.ts";
import { complete, fail, start } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { lentWorld, sharedWorld, type World } from "./harness.ts";

const world = await sharedWorld();

interface Given {
  readonly account: Account;
  readonly run_id: string;
}

async function submitted(from: World = world, account?: Account): Promise<Given> {
  const owner = account ?? (await from.account());
  const { run_id } = acceptedRun(await post({ url: from.url, api_key: owner.api_key }));
  return { account: owner, run_id };
}

const runUrl = ({ run_id }: Given, from: World = world) => `${from.url}/v1/runs/${run_id}`;
const ask = (given: Given, prefer: string, from: World = world): Promise<ApiResponse> =>
  call(runUrl(given, from), { headers: { ...bearer(given.account.api_key), Prefer: prefer } });

/** Begins to wait, and goes on once the edge has looked at the run again. */
async function waiting(given: Given): Promise<{ readonly held: Promise<ApiResponse> }> {
  const before = world.roundTrips().postgres;
  const held = ask(given, "wait=30");
  await eventually(() => expect(world.roundTrips().postgres).toBeGreaterThan(before + 1));
  return { held };
}

const applied = ({ headers }: ApiResponse) => headers.get("preference-applied");

test("the answer is held until the run completes", async () => {
  const given = await submitted();
  const { held } = await waiting(given);
  await complete(world.backend, given.run_id, { data: 1 }, 10_000);
  const answer = await held;
  expect(answer.body).toMatchObject({ status: "COMPLETED", cost: { actual_usd: "0.0100" }, output: { data: 1 } });
  expect(applied(answer)).toBe("wait=30");
  expect(answer.headers.get("vary")).toBe("Prefer");
  expect(answer.headers.has("retry-after")).toBe(false);
});

test("a change that ends nothing does not end the wait, a failure and a cancel do", async () => {
  const [failed, canceled] = [await submitted(), await submitted()];
  const { held: first } = await waiting(failed);
  await fail(world.backend, failed.run_id);
  expect((await first).body).toMatchObject({ status: "FAILED" });
  const { held: second } = await waiting(canceled);
  const before = world.roundTrips().postgres;
  await start(world.backend, canceled.run_id);
  await eventually(() => expect(world.roundTrips().postgres).toBeGreaterThan(before + 1));
  await cancelRun(runUrl(canceled), canceled.account.api_key);
  expect((await second).body).toMatchObject({ status: "CANCELED", cost: { actual_usd: "0.0110" } });
});

test("a run that does not end is answered as it is when the time is over", async () => {
  const given = await submitted();
  const answer = await ask(given, "wait=1");
  expect(runView.parse(answer.body)).toMatchObject({ status: "QUEUED" });
  expect([applied(answer), answer.headers.get("retry-after")]).toEqual(["wait=1", "1"]);
});

test.each(["wait", 'wait=""'])("Prefer: %s asks for the longest wait", async (prefer) => {
  const given = await submitted();
  const answer = ask(given, prefer);
  await cancelRun(runUrl(given), given.account.api_key);
  expect([(await answer).body, applied(await answer)]).toEqual([
    expect.objectContaining({ status: "CANCELED" }),
    "wait=30",
  ]);
});

test("a run that is over is answered at once, with no further look", async () => {
  const given = await submitted();
  await fail(world.backend, given.run_id);
  const before = world.roundTrips().postgres;
  const answer = await ask(given, "respond-async, WAIT = 99; x=y");
  expect([answer.status, applied(answer)]).toEqual([200, "wait=30"]);
  expect(world.roundTrips().postgres - before).toBe(1);
});

test.each(["wait=-1", "wait=1.5", "wait=soon", "respond-async", 'x="a, wait=9', "wait=x, wait=9"])(
  "Prefer: %s is ignored",
  async (prefer) => {
    const answer = await ask(await submitted(), prefer);
    expect([answer.status, applied(answer), answer.headers.get("vary")]).toEqual([200, null, "Prefer"]);
  },
);

test("a wait counts as one read", async () => {
  const account = await world.account({ plan: { read_per_minute: 1, read_burst: 2 } });
  const given = await submitted(world, account);
  const { held } = await waiting(given);
  await complete(world.backend, given.run_id, { data: 1 }, 10_000);
  const remaining = /r=(\d+)/.exec((await held).headers.get("ratelimit") ?? "")?.[1];
  expect(remaining).toBe("1");
  expect((await ask(given, "wait=30")).status).toBe(200);
  problemOf(await ask(given, "wait=30"), 429, "rate-limited");
});

test("a key that is revoked meanwhile is refused in the words of every refused key", async () => {
  const given = await submitted();
  const { held } = await waiting(given);
  await revokeKey(world.owner, given.account.key_id);
  const refused = await held;
  problemOf(refused, 401, "unauthorized");
  for (const name of ["ratelimit", "preference-applied", "vary"]) expect(refused.headers.has(name), name).toBe(false);
});

test("an outage meanwhile is waited through", async () => {
  await using lost = await lentWorld();
  const given = await submitted(lost);
  const before = lost.roundTrips().postgres;
  const answer = ask(given, "wait=3", lost);
  await eventually(() => expect(lost.roundTrips().postgres).toBeGreaterThan(before + 1));
  await lost.stopPostgres();
  expect(await answer).toMatchObject({ status: 200, body: { status: "QUEUED" } });
  expect(lost.logs.filter((line) => line.includes("cannot be read"))).toHaveLength(1);
});

test("another tenant's run is not waited for", async () => {
  const given = await submitted();
  const stranger = await world.account();
  const answer = await ask({ ...given, account: stranger }, "wait=30");
  problemOf(answer, 404, "not-found");
});

test("64 answers are held for one account, by whichever of its keys, and a further one comes at once", async () => {
  const given = await submitted();
  const other = await world.key(given.account.tenant_id);
  const asked = Array.from({ length: 65 }, () => ask(given, "wait=30"));
  const further = await Promise.race(asked);
  expect([further.status, applied(further), further.headers.get("vary")]).toEqual([200, null, "Prefer"]);

  expect(applied(await ask({ ...given, account: other }, "wait=1"))).toBeNull();
  expect(applied(await ask(await submitted(), "wait=1"))).toBe("wait=1");

  await cancelRun(runUrl(given), given.account.api_key);
  const held = (await Promise.all(asked)).filter((answer) => applied(answer) === "wait=30");
  expect(held).toHaveLength(64);
  const next = await submitted(world, given.account);
  expect(applied(await ask(next, "wait=1"))).toBe("wait=1");
});

describe("a submit that waits", () => {
  const submit = (account: Account, prefer: string, idempotency_key = newIdempotencyKey(), from = world) =>
    post({ url: from.url, api_key: account.api_key, idempotency_key, headers: { Prefer: prefer } });
  const runIdOf = async ({ tenant_id }: Account) => {
    const find = () => world.owner.query("SELECT run_id FROM runs WHERE tenant_id = $1", [tenant_id]);
    await eventually(async () => expect(await find()).toHaveLength(1));
    return String((await find())[0]?.["run_id"]);
  };

  test("is answered with the run, its output and its cost once it is over", async () => {
    const account = await world.account();
    const held = submit(account, "wait=30");
    const run_id = await runIdOf(account);
    await complete(world.backend, run_id, { data: { winner: "tea" } }, 10_000);
    const answer = await held;
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      run_id,
      status: "COMPLETED",
      cost: { actual_usd: "0.0100" },
      output: { data: { winner: "tea" } },
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      location: `/v1/runs/${run_id}`,
      "preference-applied": "wait=30",
      "x-dpp-cost-actual": "0.0100",
      ratelimit: expect.stringMatching(/^"submit";/),
    });
    expect(answer.headers.has("retry-after")).toBe(false);
  });

  test("is answered 202 with the run as it is when the time is over", async () => {
    const answer = await submit(await world.account(), "wait=1");
    expect([answer.status, applied(answer), answer.headers.get("retry-after")]).toEqual([202, "wait=1", "1"]);
    expect(runView.parse(answer.body)).toMatchObject({ status: "QUEUED", output: null });
  });

  test("again waits again, and finds the run that is over", async () => {
    const account = await world.account();
    const key = newIdempotencyKey();
    const first = acceptedRun(await submit(account, "wait=0", key));
    const held = submit(account, "wait", key);
    await fail(world.backend, first.run_id);
    for (const answer of [await held, await submit(account, "wait=0", key)]) {
      expect([answer.status, answer.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
      expect(answer.body).toMatchObject({ run_id: first.run_id, status: "FAILED", output: null });
    }
    const plain = await post({ url: world.url, api_key: account.api_key, idempotency_key: key });
    expect([plain.status, applied(plain)]).toEqual([202, null]);
    expect(plain.body).not.toHaveProperty("output");
  });

  test("by a key without the scope read is accepted, and shown no output, then or later", async () => {
    const account = await world.account({ key: { scopes: ["submit"] } });
    const key = newIdempotencyKey();
    const accepted = await submit(account, "wait=30", key);
    const { run_id } = acceptedRun(accepted);
    await complete(world.backend, run_id, { data: 1 }, 10_000);
    const later = await submit(account, "wait=30", key);
    for (const answer of [accepted, later]) {
      expect([answer.status, applied(answer)]).toEqual([202, null]);
      expect(answer.body).not.toHaveProperty("output");
    }
  });

  test("by a key that is revoked meanwhile is answered as it was accepted", async () => {
    const account = await world.account();
    const held = submit(account, "wait=30");
    await runIdOf(account);
    await revokeKey(world.owner, account.key_id);
    const answer = await held;
    expect([answer.status, applied(answer)]).toEqual([202, null]);
    expect(acceptedRun(answer).status).toBe("QUEUED");
  });

  test("that is refused is refused at once", async () => {
    const poor = await world.account({ funds: 0 });
    problemOf(await submit(poor, "wait=30"), 422, "budget-exceeded");
  });
});

describe("output in a run", () => {
  const read = ({ account, run_id }: Given, query: string) =>
    call(`${runUrl({ account, run_id })}${query}`, { headers: bearer(account.api_key) });

  test("is there where it was asked for, up to 64 KiB", async () => {
    const [small, large] = [await submitted(), await submitted()];
    const around = JSON.stringify({ data: "" }).length;
    await complete(world.backend, small.run_id, { data: "x".repeat(64 * 1024 - around) }, 10_000);
    await complete(world.backend, large.run_id, { data: "x".repeat(64 * 1024 - around + 1) }, 10_000);
    const found = (await read(small, "?include=output")).body;
    expect(found).toMatchObject({ output: { data: expect.stringMatching(/^x{65525}$/) } });
    expect((await read(large, "?include=output")).body).toMatchObject({ status: "COMPLETED", output: null });
    expect((await read(small, "")).body).not.toHaveProperty("output");
    expect((await ask(small, "wait=0")).body).toEqual(found);
  });

  test("is null of a run without a result", async () => {
    expect((await read(await submitted(), "?include=output")).body).toMatchObject({ status: "QUEUED", output: null });
  });

  test("is null, and the run is answered, where the result cannot be read, or is not what the run says", async () => {
    const given = await submitted();
    await complete(world.backend, given.run_id, { data: 1 }, 10_000);
    await world.owner.query("UPDATE runs SET result_sha256 = sha256('other') WHERE run_id = $1", [given.run_id]);
    const answer = await read(given, "?include=output");
    expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ status: "COMPLETED", output: null })]);
  });

  test("comes with inputs that are read once the wait is over, and not kept through it", async () => {
    const given = await submitted();
    const before = world.roundTrips().postgres;
    const held = call(`${runUrl(given)}?include=inputs`, {
      headers: { ...bearer(given.account.api_key), Prefer: "wait=30" },
    });
    await eventually(() => expect(world.roundTrips().postgres).toBeGreaterThan(before + 1));
    // Nothing else ever changes them: it shows when they are read.
    const later = 'UPDATE runs SET inputs = \'{"question":"later"}\' WHERE run_id = $1';
    await world.owner.query(later, [given.run_id]);
    await complete(world.backend, given.run_id, { data: 1 }, 10_000);
    const answer = await held;
    expect(answer.body).toMatchObject({ status: "COMPLETED", inputs: { question: "later" }, output: { data: 1 } });
    expect(applied(answer)).toBe("wait=30");
  });

  test("comes beside the inputs, which are null once they are deleted", async () => {
    const given = await submitted();
    const { body } = await read(given, "?include=output,inputs");
    expect(body).toMatchObject({ inputs: { question: "Which one?" }, output: null });
    expect((await read(given, "?include=inputs")).body).not.toHaveProperty("output");
    await world.owner.query("UPDATE runs SET inputs = NULL WHERE run_id = $1", [given.run_id]);
    expect((await read(given, "?include=inputs")).body).toMatchObject({ inputs: null });
  });
});
