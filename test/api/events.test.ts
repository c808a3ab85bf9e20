import { eventually } from "../support/eventually.ts";
import { expect, test } from "vitest";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { runView } from "#core/domain/run-view.ts";
import { acceptedRun, bearer, call, cancelRun, get, pointers, post, problemOf } from "./client.ts";
import { complete, fail, start } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { streamingWorld } from "./harness.ts";

const world = await streamingWorld();

interface Given {
  readonly account: Account;
  readonly run_id: string;
}

async function submitted(account?: Account): Promise<Given> {
  const owner = account ?? (await world.account());
  const { run_id } = acceptedRun(await post({ url: world.url, api_key: owner.api_key }));
  return { account: owner, run_id };
}

const eventsUrl = ({ run_id }: Given) => `${world.url}/v1/runs/${run_id}/events`;
const headersOf = ({ account }: Given, last?: string) => ({
  ...bearer(account.api_key),
  ...(last !== undefined && { "Last-Event-ID": last }),
});
const whole = (given: Given, last?: string) => call(eventsUrl(given), { headers: headersOf(given, last) });

/** A stream, read block by block (WHATWG HTML, 9.2). */
async function follow(given: Given, last?: string) {
  const gone = new AbortController();
  const response = await fetch(eventsUrl(given), { headers: headersOf(given, last), signal: gone.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return block;
      }
      const read = await reader?.read();
      if (read === undefined || read.done) return undefined;
      text += read.value;
    }
  };
  return { response, next, leave: () => gone.abort() };
}

function statusOf(block: string | undefined) {
  const [, id, data = ""] = /^event: status\nid: (\d+)\ndata: (.*)$/.exec(block ?? "") ?? [];
  return { id: Number(id), run: runView.parse(JSON.parse(data)) };
}

const versionOf = async ({ run_id }: Given) =>
  Number((await world.owner.query("SELECT version FROM runs WHERE run_id = $1", [run_id]))[0]?.["version"]);

test("a stream tells the run as it is, then every change that is seen, and ends after the last", async () => {
  const given = await submitted();
  const stream = await follow(given);
  expect(stream.response.status).toBe(200);
  expect(Object.fromEntries(stream.response.headers)).toMatchObject({
    "content-type": "text/event-stream",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
    ratelimit: expect.stringMatching(/^"read";/),
  });
  expect(await stream.next()).toBe("retry: 2000");
  const first = statusOf(await stream.next());
  expect(first).toMatchObject({ id: 1, run: { run_id: given.run_id, status: "QUEUED" } });
  await start(world.backend, given.run_id);
  const second = statusOf(await stream.next());
  expect(second).toMatchObject({ id: await versionOf(given), run: { status: "PROCESSING", attempt: 1 } });
  await cancelRun(`${world.url}/v1/runs/${given.run_id}`, given.account.api_key);
  const last = statusOf(await stream.next());
  expect(last).toMatchObject({ id: await versionOf(given), run: { status: "CANCELED" } });
  expect(last.run).toEqual((await get(`${world.url}/v1/runs/${given.run_id}`, given.account.api_key)).body);
  expect(await stream.next()).toBeUndefined();
});

test("the run of an ended stream is told once, then there is nothing to come back for", async () => {
  const given = await submitted();
  await complete(world.backend, given.run_id, { data: 1 }, 10_000);
  const answer = await whole(given);
  const [retry, event, ...rest] = answer.text.split("\n\n");
  expect([answer.status, retry, rest]).toEqual([200, "retry: 2000", [""]]);
  const { id, run } = statusOf(event);
  expect(run).toMatchObject({ status: "COMPLETED", cost: { actual_usd: "0.0100" } });
  expect(id).toBe(await versionOf(given));
  const again = await whole(given, String(id));
  expect([again.status, again.text]).toEqual([204, ""]);
  expect((await whole(given, String(id - 1))).text).toBe(answer.text);
});

test("a stream that is taken up again sends nothing that was seen", async () => {
  const given = await submitted();
  await start(world.backend, given.run_id);
  const stream = await follow(given, String(await versionOf(given)));
  expect(await stream.next()).toBe("retry: 2000");
  const before = world.roundTrips().postgres;
  await eventually(() => expect(world.roundTrips().postgres).toBeGreaterThan(before));
  await cancelRun(`${world.url}/v1/runs/${given.run_id}`, given.account.api_key);
  expect(statusOf(await stream.next()).run.status).toBe("CANCELED");
  expect(await stream.next()).toBeUndefined();
});

test("a change that happened while nobody followed is told at once", async () => {
  const given = await submitted();
  const seen = await versionOf(given);
  await fail(world.backend, given.run_id);
  const { text } = await whole(given, String(seen));
  expect(statusOf(text.split("\n\n")[1]).run).toMatchObject({ status: "FAILED", error: { reason_code: "NO_LUCK" } });
});

test.each(["", "x", "-1", "1.5", "1e3", "1234567890123456", "7f"])(
  "the Last-Event-ID %j does not fit",
  async (last) => {
    const given = await submitted();
    const refused = await whole(given, last);
    expect(pointers(problemOf(refused, 400, "invalid-request"))).toEqual(["Last-Event-ID"]);
  },
);

test("a query parameter is refused by name", async () => {
  const given = await submitted();
  for (const route of ["events", "receipt"]) {
    const refused = await get(
      `${world.url}/v1/runs/${given.run_id}/${route}?since=1&__proto__=2`,
      given.account.api_key,
    );
    expect(pointers(problemOf(refused, 400, "invalid-request"))).toEqual(["since", "__proto__"]);
  }
});

test("a stream ends when its key is revoked, and coming back is refused", async () => {
  const given = await submitted();
  const stream = await follow(given);
  await stream.next();
  await stream.next();
  await revokeKey(world.owner, given.account.key_id);
  expect(await stream.next()).toBeUndefined();
  problemOf(await whole(given, "1"), 401, "unauthorized");
});

test("another tenant's run has no stream", async () => {
  const given = await submitted();
  const stranger = { ...given, account: await world.account() };
  problemOf(await whole(stranger), 404, "not-found");
  await fail(world.backend, given.run_id);
  problemOf(await whole(stranger, "9"), 404, "not-found");
});

test("HEAD holds nothing open", async () => {
  const given = await submitted();
  const answer = await call(eventsUrl(given), { method: "HEAD", headers: headersOf(given) });
  expect([answer.status, answer.headers.get("content-type"), answer.text]).toEqual([200, "text/event-stream", ""]);
});

test("64 streams are open for one key, a further one is refused, and a client that goes away makes room", async () => {
  const given = await submitted();
  const streams = [];
  while (streams.length < 64) streams.push(await follow(given));
  expect(new Set(streams.map(({ response }) => response.status))).toEqual(new Set([200]));
  const refused = await whole(given);
  problemOf(refused, 429, "rate-limited");
  expect(refused.headers.get("retry-after")).toBe("5");

  const [left, ...stayed] = streams;
  left?.leave();
  // The next write to it tells the platform that nobody listens.
  await start(world.backend, given.run_id);
  const taken = await eventually(async () => {
    const stream = await follow(given);
    expect(stream.response.status).toBe(200);
    return stream;
  });
  await cancelRun(`${world.url}/v1/runs/${given.run_id}`, given.account.api_key);
  for (const stream of [...stayed, taken]) {
    let last: string | undefined;
    for (let block = await stream.next(); block !== undefined; block = await stream.next()) last = block;
    expect(statusOf(last).run.status).toBe("CANCELED");
  }
});
