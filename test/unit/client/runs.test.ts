import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PermissionError, RunFailedError, VerificationError } from "../../../edge/client/client.ts";
import {
  failure,
  fakeApi,
  fakeTime,
  json,
  never,
  problem,
  realTime,
  run,
  RUN_ID,
  type Sent,
  settled,
} from "./fake-api.ts";

const ORDER = { inputs: { name: "Ada" }, max_cost_usd: "0.0500" };
const OUTPUT = { artifacts: [], data: { seed: "Ada" }, run_id: RUN_ID };
const TEXT = JSON.stringify(OUTPUT);
const resultOf = (text: string) => ({
  sha256: createHash("sha256").update(text).digest("hex"),
  size_bytes: Buffer.byteLength(text),
  reliability: 1,
});
const completed = (change: object = {}) =>
  run({ status: "COMPLETED", money_state: "SETTLED", result: resultOf(TEXT), ...change });
const held = { "preference-applied": "wait=20" };
const bytes = (text: string) => new Response(text, { headers: { "content-type": "application/json" } });
const paths = (sent: readonly Sent[]) => sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`);

let time: ReturnType<typeof fakeTime>;
beforeEach(() => {
  time = fakeTime();
});
afterEach(realTime);

describe("run", () => {
  test("buys in one trip where the result comes with the answer and has its hash", async () => {
    const { dpp, sent } = fakeApi([json(completed({ output: OUTPUT }), 200, held)]);
    expect(await dpp.run("char", ORDER)).toEqual(OUTPUT);
    expect(sent[0]?.headers.get("prefer")).toBe("wait=20");
    expect(sent[0]?.body).toEqual({ ...ORDER, pack_type: "char" });
  });

  test("waits as often as it takes, without a pause where the answer was held open", async () => {
    const { dpp, sent } = fakeApi([
      json(run(), 202, held),
      json(run({ status: "PROCESSING" }), 200, held),
      json(run({ status: "PROCESSING" }), 200, { "retry-after": "3" }),
      json(completed({ output: OUTPUT }), 200, held),
    ]);
    expect(await settled(dpp.run("char", ORDER))).toEqual(OUTPUT);
    expect(paths(sent).slice(1)).toEqual(Array.from({ length: 3 }, () => `GET /v1/runs/${RUN_ID}`));
    expect(time.pauses()).toEqual([3_000]);
  });

  test("downloads a result that is too large for the answer, or that JSON.parse would put in another order", async () => {
    const ordered = '{"10":1,"9":2}';
    const result = resultOf(ordered);
    for (const output of [null, JSON.parse(ordered) as object]) {
      const { dpp, sent } = fakeApi([json(completed({ result, output })), bytes(ordered)]);
      expect(await dpp.run("char", ORDER)).toEqual({ 9: 2, 10: 1 });
      expect(paths(sent)[1]).toBe(`GET /v1/runs/${RUN_ID}/output`);
    }
  });

  test.each([
    ["other bytes", TEXT.replace("Ada", "Bob")],
    ["more bytes", `${TEXT} `],
    ["fewer bytes", TEXT.slice(1)],
  ])("refuses a result of %s than its hash says", async (_, text) => {
    const { dpp } = fakeApi([json(completed({ output: { ...OUTPUT, data: {} } })), bytes(text)]);
    expect(await failure(dpp.run("char", ORDER))).toBeInstanceOf(VerificationError);
  });

  test.each([
    ["FAILED", run({ status: "FAILED", error: { reason_code: "NO_LUCK", detail: "It did not work out." } })],
    ["CANCELED", run({ status: "CANCELED", error: { reason_code: "CANCELED", detail: "Canceled." } })],
    ["EXPIRED", run({ status: "EXPIRED" })],
    ["held for review", run({ status: "PROCESSING", money_state: "AUDIT_REQUIRED" })],
  ])("throws the run if it is %s", async (what, ended) => {
    const { dpp } = fakeApi([json(ended)]);
    const error = await failure(dpp.run("char", ORDER));
    expect(error).toBeInstanceOf(RunFailedError);
    expect(error).toMatchObject({ run: ended, message: expect.stringContaining(what) });
  });

  test("says which scope lacks to a key that may not read what it bought before", async () => {
    const { dpp } = fakeApi([json(completed({ result: null })), problem(403, "scope-missing")]);
    expect(await failure(dpp.run("char", ORDER))).toBeInstanceOf(PermissionError);
  });
});

/** A stream that gives these chunks, then ends or breaks. */
function stream(chunks: readonly (string | Uint8Array)[], end: "ends" | "breaks" = "ends"): Response {
  const left = [...chunks];
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = left.shift();
      if (chunk !== undefined) controller.enqueue(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
      else if (end === "ends") controller.close();
      else controller.error(new TypeError("terminated"));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
const event = (id: number, status: string, change: object = {}) =>
  `event: status\nid: ${id}\ndata: ${JSON.stringify(run({ status, ...change }))}\n\n`;

async function seen(events: AsyncIterable<{ readonly id: string; readonly run: { readonly status: string } }>) {
  const all: string[] = [];
  for await (const { id, run: changed } of events) all.push(`${id} ${changed.status}`);
  return all;
}

describe("events", () => {
  const WHOLE = `\uFEFFretry: 500\n\n: still here\r\n\r\n${event(1, "QUEUED")}${event(3, "PROCESSING", { note: "é€😀\\n" }).replaceAll("\n", "\r\n")}${event(4, "COMPLETED")}`;

  test("are the same wherever the stream was split", async () => {
    const all = Buffer.from(WHOLE);
    for (let at = 1; at < all.length; at++) {
      const { dpp } = fakeApi([stream([all.subarray(0, at), all.subarray(at)])]);
      expect(await seen(dpp.runs.events(RUN_ID))).toEqual(["1 QUEUED", "3 PROCESSING", "4 COMPLETED"]);
    }
    const { dpp } = fakeApi([stream([...all].map((byte) => Uint8Array.of(byte)))]);
    expect(await seen(dpp.runs.events(RUN_ID))).toHaveLength(3);
  });

  test("are taken up after the last that was whole, when the stream breaks or ends, at the pace it asked for", async () => {
    const { dpp, sent } = fakeApi([
      stream(["retry: 500\n\n", event(1, "QUEUED"), "event: status\nid: 2\nda"], "breaks"),
      problem(503, "unavailable"),
      stream([event(3, "PROCESSING")]),
      stream([": still here\n\n", event(4, "COMPLETED")]),
    ]);
    expect(await settled(seen(dpp.runs.events(RUN_ID)))).toEqual(["1 QUEUED", "3 PROCESSING", "4 COMPLETED"]);
    expect(sent.map(({ headers }) => headers.get("last-event-id"))).toEqual([null, "1", "1", "3"]);
    expect(time.pauses()).toEqual([500, 187.5, 500]);
  });

  test("go on after an id of the caller's, and end where there is nothing more", async () => {
    const { dpp, sent } = fakeApi([new Response(null, { status: 204 })]);
    expect(await seen(dpp.runs.events(RUN_ID, { lastEventId: "4" }))).toEqual([]);
    expect(sent[0]?.headers.get("last-event-id")).toBe("4");
  });

  test("end with the error of the API when they may not be taken up again", async () => {
    const { dpp } = fakeApi([stream([event(1, "QUEUED")]), problem(401, "unauthorized")]);
    expect(await failure(settled(seen(dpp.runs.events(RUN_ID))))).toMatchObject({ code: "unauthorized" });
  });

  test("end when one stream after the other says nothing, and when one holds no JSON or has no end", async () => {
    const mute = fakeApi(Array.from({ length: 20 }, () => stream([])));
    expect(await failure(settled(seen(mute.dpp.runs.events(RUN_ID))))).toMatchObject({ name: "ConnectionError" });
    const odd = fakeApi([stream(["event: status\nid: 1\ndata: {\n\n"])]);
    expect(await failure(seen(odd.dpp.runs.events(RUN_ID)))).toBeInstanceOf(SyntaxError);
    const endless = fakeApi([stream(Array.from({ length: 20 }, () => "x".repeat(100_000)))]);
    expect(await failure(seen(endless.dpp.runs.events(RUN_ID)))).toMatchObject({ name: "DecisionproofError" });
  });

  test("leave the connection when the caller has seen enough", async () => {
    let left = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.from(event(1, "QUEUED"))),
      cancel: () => void (left = true),
    });
    const { dpp } = fakeApi([new Response(body)]);
    for await (const { run: changed } of dpp.runs.events(RUN_ID)) if (changed.status === "QUEUED") break;
    expect(left).toBe(true);
  });

  test("tell run's onProgress every change", async () => {
    const last = event(4, "COMPLETED", completed());
    const { dpp } = fakeApi([
      json(run(), 202),
      stream([event(1, "QUEUED"), event(2, "PROCESSING"), last]),
      bytes(TEXT),
    ]);
    const statuses: string[] = [];
    const output = await dpp.run("char", ORDER, { onProgress: ({ status }) => void statuses.push(status) });
    expect([statuses, output]).toEqual([["QUEUED", "PROCESSING", "COMPLETED"], OUTPUT]);
  });
});

describe("an abort", () => {
  const reason = new Error("enough");

  test("before a call sends nothing", async () => {
    const { dpp, sent } = fakeApi([]);
    const signal = AbortSignal.abort(reason);
    for (const call of [
      dpp.run("char", ORDER, { signal }),
      dpp.runs.wait(RUN_ID, { signal }),
      seen(dpp.runs.events(RUN_ID, { signal })),
      dpp.runs.list({}, { signal }).toArray(),
    ])
      expect(await failure(call)).toBe(reason);
    expect(sent).toEqual([]);
  });

  test.each([
    ["while the submit is answered", [never], ["POST /v1/runs", `POST /v1/runs/${RUN_ID}/cancel`]],
    [
      "while a retry is waited for",
      [problem(503, "unavailable", { "retry-after": "9" })],
      ["POST /v1/runs", `POST /v1/runs/${RUN_ID}/cancel`],
    ],
    ["while the run is waited for", [json(run(), 202), never], [`POST /v1/runs/${RUN_ID}/cancel`]],
    [
      "between two waits",
      [json(run(), 202), json(run(), 200, { "retry-after": "9" })],
      [`POST /v1/runs/${RUN_ID}/cancel`],
    ],
    ["while the result is downloaded", [json(completed()), never], []],
  ])("of run %s throws its reason, and cancels a run that is not over", async (_, answers, canceled) => {
    const found = canceled.length > 1 ? [json(run(), 202)] : [];
    const { dpp, sent } = fakeApi([...answers, ...found, json(run({ status: "CANCELED" }))]);
    const controller = new AbortController();
    const outcome = failure(dpp.run("char", ORDER, { signal: controller.signal }));
    await vi.waitFor(() => expect(sent).toHaveLength(answers.length));
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(paths(sent).slice(answers.length)).toEqual(canceled);
    const submits = sent.filter(({ url }) => url.endsWith("/v1/runs"));
    expect(new Set(submits.map(({ headers }) => headers.get("idempotency-key"))).size).toBe(1);
  });

  test("of an attempt by its time limit comes after the wait that it asks for", async () => {
    const { dpp, sent } = fakeApi([json(completed())]);
    await dpp.runs.wait(RUN_ID, { timeoutMs: 12_000 });
    expect(sent[0]?.headers.get("prefer")).toBe("wait=7");
  });

  test("of a stream throws its reason while it is silent, and between two streams", async () => {
    for (const answer of [({ signal }: Sent) => silent(signal), stream([event(1, "QUEUED")])]) {
      const controller = new AbortController();
      const { dpp, sent } = fakeApi([answer]);
      const outcome = failure(seen(dpp.runs.events(RUN_ID, { signal: controller.signal })));
      await vi.waitFor(() => expect(sent).toHaveLength(1));
      controller.abort(reason);
      expect(await outcome).toBe(reason);
    }
  });
});

const silent = (signal: AbortSignal) =>
  new Response(
    new ReadableStream({
      start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason)),
    }),
  );

describe("a list", () => {
  const page = (ids: readonly number[], next_cursor?: string | null) =>
    json({ runs: ids.map((id) => run({ run_id: String(id) })), ...(next_cursor !== undefined && { next_cursor }) });

  test("goes through short and empty pages to the last, which has no cursor or null", async () => {
    for (const end of [null, undefined]) {
      const { dpp, sent } = fakeApi([page([1, 2], "a"), page([], "b"), page([3], end)]);
      const ids = (await dpp.runs.list({ pack_type: "char" }).toArray()).map(({ run_id }) => run_id);
      expect(ids).toEqual(["1", "2", "3"]);
      expect(sent.map(({ url }) => new URL(url).search)).toEqual([
        "?pack_type=char",
        "?pack_type=char&cursor=a",
        "?pack_type=char&cursor=b",
      ]);
    }
  });

  test("asks for no page that is not read", async () => {
    const { dpp, sent } = fakeApi([page([1, 2], "a")]);
    const list = dpp.runs.list();
    expect(sent).toEqual([]);
    for await (const { run_id } of list) if (run_id === "1") break;
    expect(
      await fakeApi([page([1, 2], "a")])
        .dpp.runs.list()
        .toArray(2),
    ).toHaveLength(2);
    expect(sent).toHaveLength(1);
  });

  test("begins where the caller's cursor says, and ends where a cursor does not move", async () => {
    const { dpp, sent } = fakeApi([page([1], "b"), page([2], "b")]);
    expect(await failure(dpp.runs.list({ cursor: "a" }).toArray())).toMatchObject({ name: "DecisionproofError" });
    expect(new URL(sent[0]?.url ?? "").search).toBe("?cursor=a");
  });
});
