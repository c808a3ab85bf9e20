import { eventually } from "../support/eventually.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { runView } from "#core/domain/run-view.ts";
import { type Answer, acceptedRun, bearer, call, cancelRun, post, problemOf } from "./client.ts";
import { complete, fail, start } from "./finish.ts";
import { type Account, createWorld, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

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
const ask = (given: Given, prefer: string, from: World = world): Promise<Answer> =>
  call(runUrl(given, from), { headers: { ...bearer(given.account.api_key), Prefer: prefer } });

/** Begins to wait, and goes on once the edge has looked at the run again. */
async function waiting(given: Given): Promise<{ readonly held: Promise<Answer> }> {
  const before = world.roundTrips().postgres;
  const held = ask(given, "wait=30");
  await eventually(() => expect(world.roundTrips().postgres).toBeGreaterThan(before + 1));
  return { held };
}

const applied = ({ headers }: Answer) => headers.get("preference-applied");

test("the answer is held until the run completes", async () => {
  const given = await submitted();
  const { held } = await waiting(given);
  await complete(world.backend, given.run_id, { data: 1 }, 10_000);
  const answer = await held;
  expect(runView.parse(answer.body)).toMatchObject({ status: "COMPLETED", cost: { actual_usd: "0.0100" } });
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
  const lost = await createWorld();
  try {
    const given = await submitted(lost);
    const before = lost.roundTrips().postgres;
    const answer = ask(given, "wait=3", lost);
    await eventually(() => expect(lost.roundTrips().postgres).toBeGreaterThan(before + 1));
    await lost.stopPostgres();
    expect(await answer).toMatchObject({ status: 200, body: { status: "QUEUED" } });
    expect(lost.logs.filter((line) => line.includes("cannot be read"))).toHaveLength(1);
  } finally {
    await lost.close();
  }
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
