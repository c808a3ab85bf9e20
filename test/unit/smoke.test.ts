import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { smoke, smokeTarget } from "../../backend/deploy/smoke.ts";

const RUN_ID = "01a22e1a-aa42-72c3-9d23-a0174afd0ad2";
const KEY = "dpp_live_secret";
const closes: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

interface Api {
  readonly ready: number;
  /** What each look at the run finds, the last one again and again. */
  readonly statuses: readonly string[];
  readonly money_state: string;
  readonly winner: string;
  /** Of the output; the right one where it is left out. */
  readonly sha256?: string;
}
const SOUND: Api = {
  ready: 200,
  statuses: ["QUEUED", "PROCESSING", "COMPLETED"],
  money_state: "SETTLED",
  winner: "yes",
};

/** An API that has one run, and keeps what it was asked. */
async function startApi(api: Api) {
  const asked: { readonly line: string; readonly prefer?: string; readonly idempotency?: string }[] = [];
  let looks = 0;
  const output = JSON.stringify({ data: { winner: api.winner } });
  const view = () => ({
    run_id: RUN_ID,
    status: api.statuses[Math.min(looks++, api.statuses.length - 1)],
    money_state: api.money_state,
    cost: { actual_usd: "0.0110" },
  });
  const answers: Record<string, () => readonly [number, unknown]> = {
    "GET /readyz": () => [api.ready, { status: "degraded" }],
    "POST /v1/runs": () => [202, view()],
    [`GET /v1/runs/${RUN_ID}`]: () => [200, view()],
    [`GET /v1/runs/${RUN_ID}/output`]: () => [200, output],
    [`GET /v1/runs/${RUN_ID}/result`]: () => [
      200,
      { sha256: api.sha256 ?? createHash("sha256").update(output).digest("hex") },
    ],
  };
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    const { prefer, "idempotency-key": idempotency } = request.headers;
    asked.push({ line, prefer: prefer as string, idempotency: idempotency as string });
    const isKnown = request.headers.authorization === `Bearer ${KEY}`;
    const [status, body] = isKnown ? (answers[line]?.() ?? [404, {}]) : [401, {}];
    request
      .resume()
      .on("end", () => response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closes.push(() => {
    server.closeAllConnections();
    return server.close();
  });
  return { asked, target: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: KEY } };
}

test("a run that completes and gives what was promised is told with its price", async () => {
  const { asked, target } = await startApi(SOUND);
  expect(await smoke(target)).toBe(`run ${RUN_ID} COMPLETED for 0.0110 USD`);
  expect(asked.map(({ line }) => line)).toEqual([
    "GET /readyz",
    "POST /v1/runs",
    `GET /v1/runs/${RUN_ID}`,
    `GET /v1/runs/${RUN_ID}`,
    `GET /v1/runs/${RUN_ID}/output`,
    `GET /v1/runs/${RUN_ID}/result`,
  ]);
  expect(asked[1]?.idempotency).toMatch(/^smoke-/);
  expect(asked[2]?.prefer).toBe("wait=30");
});

test.each<[string, Partial<Api>, RegExp]>([
  ["an edge that is not ready", { ready: 503 }, /^503 for GET \/readyz/],
  ["a run that fails", { statuses: ["QUEUED", "FAILED"] }, /is FAILED/],
  ["a run that does not end in four waits", { statuses: ["QUEUED"] }, /is QUEUED/],
  ["a run whose money did not settle", { money_state: "AUDIT_REQUIRED" }, /AUDIT_REQUIRED/],
  ["another output than was promised", { sha256: "00" }, /not the one that was promised/],
  ["a wrong result", { winner: "no" }, /the result is wrong/],
])("%s is an error, which does not show the key", async (_, fault, message) => {
  const { target } = await startApi({ ...SOUND, ...fault });
  const error = await smoke(target).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect((error as Error).message).toMatch(message);
  expect(String((error as Error).stack)).not.toContain(KEY);
});

test("settings that are missing or wrong are named, without their values", () => {
  expect(() => smokeTarget({ DPP_SMOKE_URL: "ftp://user:secret@h/" })).toThrow(
    /^invalid: DPP_SMOKE_URL, DPP_SMOKE_KEY$/,
  );
  expect(smokeTarget({ DPP_SMOKE_URL: "https://h/", DPP_SMOKE_KEY: "k" })).toEqual({ url: "https://h", key: "k" });
});
