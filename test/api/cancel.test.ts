import { eventually } from "../support/eventually.ts";
import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { ProblemSlug } from "#core/domain/problem.ts";
import { beginFinalize, createClaimBatch } from "#core/store/runs/begin-finalize.ts";
import { cancelRun as cancelStep } from "#core/store/runs/cancel-run.ts";
import { runView } from "#core/domain/run-view.ts";
import audit from "../contract/support/ledger-audit.sql";
import { type ApiResponse, acceptedRun, cancelRun, get, pointers, post, problemOf, steadyHeaders } from "./client.ts";
import { complete, fail, start } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { worldLentToFile } from "./harness.ts";

const world = await worldLentToFile();
afterAll(async () => {
  expect(await world.owner.query(audit, [])).toEqual([]);
});

const TRACE = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
const JSON_BODY = { "Content-Type": "application/json" };

interface Given {
  readonly account: Account;
  readonly run_id: string;
}

async function submitted(): Promise<Given> {
  const account = await world.account({ funds: 3_000_000 });
  const { run_id } = acceptedRun(await post({ url: world.url, api_key: account.api_key }));
  return { account, run_id };
}

const cancel = ({ account, run_id }: Given, init?: RequestInit): Promise<ApiResponse> =>
  cancelRun(`${world.url}/v1/runs/${run_id}`, account.api_key, init);
const getRun = ({ account, run_id }: Given) => get(`${world.url}/v1/runs/${run_id}`, account.api_key);
const claimed = async (given: Given): Promise<Given> => {
  expect(
    await beginFinalize(createClaimBatch(world.backend), await start(world.backend, given.run_id), randomUUID()),
  ).not.toBe("lost");
  return given;
};

describe("a cancel", () => {
  test("of a queued run ends it at once for nothing, and the mirror has all of its money back", async () => {
    const given = await submitted();
    const answer = await cancel(given);
    expect(answer.status, answer.text).toBe(200);
    expect(runView.parse(answer.body)).toMatchObject({
      run_id: given.run_id,
      status: "CANCELED",
      money_state: "REFUNDED",
      cost: { reserved_usd: "1.0000", actual_usd: "0.0000", minimum_fee_usd: "0.0110" },
      error: { reason_code: "CANCELED", detail: "The run was canceled at its owner's request." },
      result: null,
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "cache-control": "no-store",
      "x-dpp-cost-reserved": "1.0000",
      "x-dpp-cost-minimum-fee": "0.0110",
      "x-dpp-cost-actual": "0.0000",
      ratelimit: expect.stringMatching(/^"read";r=\d+;t=\d+$/),
    });
    expect(answer.headers.has("retry-after")).toBe(false);
    await eventually(async () => {
      expect(await world.mirror.openRuns(given.account)).toEqual([]);
      expect(await world.mirror.available(given.account)).toBe("3000000");
    });
    expect((await getRun(given)).body).toEqual(answer.body);
  });

  test("of a run at work ends it for the minimum fee, and the mirror has the rest back", async () => {
    const given = await submitted();
    await start(world.backend, given.run_id);
    const answer = await cancel(given);
    expect(answer.status, answer.text).toBe(200);
    expect(runView.parse(answer.body)).toMatchObject({ status: "CANCELED", cost: { actual_usd: "0.0110" } });
    expect(answer.headers.get("x-dpp-cost-actual")).toBe("0.0110");
    await eventually(async () => expect(await world.mirror.available(given.account)).toBe("2989000"));
  });

  test("of a run whose result is being written asks it to stop, and says when to ask again", async () => {
    const given = await claimed(await submitted());
    for (let again = 0; again < 2; again++) {
      const answer = await cancel(given);
      expect(answer.status, answer.text).toBe(202);
      expect(runView.parse(answer.body)).toMatchObject({ status: "PROCESSING", cost: { actual_usd: null } });
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(answer.headers.has("x-dpp-cost-actual")).toBe(false);
    }
    expect(await world.mirror.openRuns(given.account)).toEqual([given.run_id]);
  });

  test("sent again is answered the same, and tells a mirror that was not told", async () => {
    const given = await submitted();
    // The edge died between C1 and C2.
    expect(await cancelStep(world.owner, given.account.key_sha256, given.run_id)).toMatchObject({
      outcome: "canceled",
    });
    expect(await world.mirror.openRuns(given.account)).toEqual([given.run_id]);
    const second = await cancel(given);
    expect([second.status, second.body]).toEqual([200, (await getRun(given)).body]);
    await eventually(async () => expect(await world.mirror.openRuns(given.account)).toEqual([]));
    const third = await cancel(given);
    expect([third.status, third.body]).toEqual([200, second.body]);
    expect(await world.mirror.available(given.account)).toBe("3000000");
  });

  test.each([
    ["completed", "COMPLETED", (run_id: string) => complete(world.backend, run_id, {}, 10_000)],
    ["failed", "FAILED", (run_id: string) => fail(world.backend, run_id)],
  ])("of a run that has %s is a 409 that says so", async (_, status, end) => {
    const given = await submitted();
    await end(given.run_id);
    const before = (await getRun(given)).body;
    expect(problemOf(await cancel(given), 409, "run-already-terminal").detail).toContain(status);
    expect((await getRun(given)).body).toEqual(before);
  });

  test("of a run past its retention is a 409, though it was canceled", async () => {
    const given = await submitted();
    await cancel(given);
    await world.owner.query("UPDATE runs SET retention_until = now() - interval '1 minute' WHERE run_id = $1", [
      given.run_id,
    ]);
    expect(problemOf(await cancel(given), 409, "run-already-terminal").detail).toContain("EXPIRED");
  });

  test("of a frozen run is a 409 and leaves it to a person", async () => {
    const given = await claimed(await submitted());
    await world.owner.query("UPDATE runs SET money_state = 'AUDIT_REQUIRED' WHERE run_id = $1", [given.run_id]);
    problemOf(await cancel(given), 409, "run-under-audit");
    expect((await getRun(given)).body).toMatchObject({ status: "PROCESSING", money_state: "AUDIT_REQUIRED" });
  });

  test("of another tenant's run and of none are alike to the byte", async () => {
    const { run_id } = await submitted();
    const account = await world.account();
    const absent = randomUUID();
    const comparable = async (id: string) => {
      const answer = await cancel({ account, run_id: id }, { headers: { ...TRACE, "X-Request-ID": "same" } });
      problemOf(answer, 404, "not-found");
      return { text: answer.text.replaceAll(id, "<id>"), headers: steadyHeaders(answer) };
    };
    expect(await comparable(run_id)).toEqual(await comparable(absent));
    expect(await world.owner.query("SELECT status, version FROM runs WHERE run_id = $1", [run_id])).toEqual([
      { status: "QUEUED", version: "1" },
    ]);
  });

  test("counts against the rate of reads alone", async () => {
    const account = await world.account({ plan: { submit_per_minute: 1, submit_burst: 1 } });
    const { run_id } = acceptedRun(await post({ url: world.url, api_key: account.api_key }));
    problemOf(await post({ url: world.url, api_key: account.api_key }), 429, "rate-limited");
    expect((await cancel({ account, run_id })).status).toBe(200);
  });

  test("asks Redis once and Postgres once before it answers", async () => {
    const given = await submitted();
    await cancel({ ...given, run_id: randomUUID() });
    const before = world.roundTrips();
    problemOf(await cancel({ ...given, run_id: randomUUID() }), 404, "not-found");
    const after = world.roundTrips();
    expect([after.redis - before.redis, after.postgres - before.postgres]).toEqual([1, 1]);
  });

  test("over its rate does nothing", async () => {
    const account = await world.account({ plan: { read_per_minute: 1, read_burst: 1 } });
    const { run_id } = acceptedRun(await post({ url: world.url, api_key: account.api_key }));
    expect((await get(`${world.url}/v1/budget`, account.api_key)).status).toBe(200);
    const refused = await cancel({ account, run_id });
    problemOf(refused, 429, "rate-limited");
    expect(refused.headers.has("retry-after")).toBe(true);
    expect(await world.owner.query("SELECT status FROM runs WHERE run_id = $1", [run_id])).toEqual([
      { status: "QUEUED" },
    ]);
  });
});

describe("the body of a cancel", () => {
  test.each<[string, RequestInit]>([
    ["none", {}],
    [
      "none, of a type that is not read",
      { body: "", headers: { "Content-Type": "application/x-www-form-urlencoded" } },
    ],
    ["none, said to be JSON", { body: "", headers: JSON_BODY }],
    ["an empty object", { body: " {} ", headers: JSON_BODY }],
    ["null", { body: "null", headers: JSON_BODY }],
  ])("may be %s", async (_, init) => {
    expect((await cancel(await submitted(), init)).status).toBe(200);
  });

  test.each<[string, RequestInit, number, ProblemSlug, readonly string[]]>([
    ["a field", { body: '{"reason":"x"}', headers: JSON_BODY }, 400, "invalid-request", ["/reason"]],
    ["an array", { body: "[]", headers: JSON_BODY }, 400, "invalid-request", [""]],
    ["half an object", { body: "{", headers: JSON_BODY }, 400, "invalid-request", [""]],
    ["text", { body: "now", headers: { "Content-Type": "text/plain" } }, 415, "unsupported-media-type", []],
    ["too much", { body: " ".repeat(256 * 1024 + 1), headers: JSON_BODY }, 413, "payload-too-large", []],
  ])("may not be %s, and Postgres is not asked", async (_, init, status, slug, where) => {
    const given = await submitted();
    const before = world.roundTrips();
    expect(pointers(problemOf(await cancel(given, init), status, slug))).toEqual(where);
    expect(world.roundTrips()).toEqual({ ...before, redis: before.redis + 1 });
    expect((await getRun(given)).body).toMatchObject({ status: "QUEUED" });
  });
});
