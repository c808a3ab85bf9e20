import { type IncomingHttpHeaders, request } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleConsole, bundleOperators } from "../../backend/assets/gather.ts";
import { runCli } from "../../backend/cli/run.ts";
import { commandLine, commandRequest } from "../../backend/cli/ui/commands.ts";
import { figuresOf, readFigures } from "../../backend/cli/ui/figures.ts";
import { oneSession } from "../../backend/cli/ui/session.ts";

const ID = "018f4c1e-7b6a-7cc0-9d2e-3f5a6b7c8d9e";
/** A database that nobody answers for: whatever reaches it is an outage, and says so. */
const SECRET = "s3cret-of-the-owner";
const env = { DATABASE_URL: `postgres://owner:${SECRET}@127.0.0.1:1/none`, DPP_OPERATOR: "Ada" };

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const stop = new AbortController();
let address: URL;
let ended: Promise<number>;
let session: string;
let said = "";

beforeAll(async () => {
  const printed = Promise.withResolvers<string>();
  ended = runCli(["ui", "--json"], {
    env,
    out: (text) => printed.resolve(text),
    err: (text) => (said += text),
    stop: stop.signal,
  });
  address = new URL((JSON.parse(await printed.promise) as { address: string }).address);
  const begun = await post("/session", { token: address.hash.slice(1) });
  expect(begun.status).toBe(200);
  ({ session } = JSON.parse(begun.body) as { session: string });
});
afterAll(async () => {
  stop.abort();
  expect(await ended).toBe(0);
  expect(said).toBe("");
});

function send(path: string, method: string, headers: Readonly<Record<string, string>>, body = ""): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request({ host: "127.0.0.1", port: address.port, path, method, headers, agent: false }, (answer) => {
    let text = "";
    answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
  });
  asked.on("error", reject);
  asked.end(body);
  return promise;
}

const ofPage = () => ({
  Host: address.host,
  Origin: address.origin,
  "Content-Type": "application/json",
  ...(session === undefined ? {} : { Authorization: `Bearer ${session}` }),
});
const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  send(path, "POST", { ...ofPage(), ...headers }, typeof body === "string" ? body : JSON.stringify(body));
const LIST = { command: "tenant list" };

describe("the operators' console", () => {
  it("gives its page to this machine under a strict policy, and keeps nothing", async () => {
    for (const path of ["/", "/tenants", `/tenants/${ID}`, "/assets/operators.js", "/assets/operators.css"]) {
      const { status, headers } = await send(path, "GET", { Host: address.host });
      expect(status).toBe(200);
      expect(headers["cache-control"]).toBe("no-store");
      expect(headers["content-security-policy"]).toMatch(/^default-src 'none'.*trusted-types 'none'$/);
      expect(headers["content-security-policy"]).not.toContain("unsafe");
    }
    expect((await send("/assets/../../package.json", "GET", { Host: address.host })).status).toBe(404);
    expect((await send("/", "PUT", { Host: address.host })).status).toBe(405);
  });

  it.each(["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "[::1]:80"])(
    "is not there for the host %s",
    async (host) => {
      expect((await send("/", "GET", { Host: host })).status).toBe(421);
      expect((await post("/command", LIST, { Host: host, Origin: `http://${host}` })).status).toBe(421);
    },
  );

  it("takes requests of its own page alone", async () => {
    for (const headers of [
      { Origin: "http://evil.example" },
      { Origin: "null" },
      { Origin: "" },
      { Origin: address.origin.replace("http:", "https:") },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
    ])
      expect((await post("/command", LIST, headers)).status).toBe(403);
    const { Origin: _, ...without } = ofPage();
    expect((await send("/command", "POST", without, JSON.stringify(LIST))).status).toBe(403);
    expect((await post("/command", LIST, { "Content-Type": "text/plain" })).status).toBe(415);
  });

  it("opens one session with its token, once", async () => {
    expect((await post("/session", { token: address.hash.slice(1) })).status).toBe(401);
    expect((await post("/session", { token: "x".repeat(43) })).status).toBe(401);
    expect((await post("/session", {})).status).toBe(400);
    expect(await post("/about", {})).toMatchObject({ status: 200, body: expect.stringContaining('"operator":"Ada"') });
  });

  it("refuses who has no session, or another's", async () => {
    for (const Authorization of ["", "Bearer ", `Bearer ${session}x`, `Basic ${session}`, address.hash.slice(1)])
      for (const path of ["/command", "/figures", "/about", "/end"])
        expect((await post(path, LIST, { Authorization })).status).toBe(401);
  });

  it("refuses bodies that are too long, not JSON or not what it knows", async () => {
    expect((await post("/command", `"${"x".repeat(65_536)}"`)).status).toBe(413);
    for (const body of ["", "{", "[]", { command: "no such" }, { command: "key create" }, { ...LIST, more: 1 }])
      expect((await post("/command", body)).status).toBe(400);
    expect((await post("/nowhere", {})).status).toBe(404);
  });

  it("says that a store does not answer, and nothing of how it is reached", async () => {
    const { status, body } = await post("/command", LIST);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ ok: false, kind: "outage" });
    expect(body).not.toContain(SECRET);
  });

  it("refuses values as the terminal does", async () => {
    const change = { request_id: ID, dry_run: true, reason: "paid" };
    const given = { tenant: ID, usd: "-5", id: "invoice 7" };
    const { body } = await post("/command", { command: "grant", arguments: given, change });
    expect(JSON.parse(body)).toEqual({
      ok: false,
      kind: "arguments",
      message: '--usd must be an amount in USD such as 25 or 25.0000 (it is "-5")',
    });
  });

  it("ends when it is told to, whoever holds a connection open", async () => {
    const printed = Promise.withResolvers<string>();
    const own = new AbortController();
    const terminal = { env, out: (text: string) => printed.resolve(text), err: () => undefined, stop: own.signal };
    const over = runCli(["ui", "--json"], terminal);
    const { port } = new URL((JSON.parse(await printed.promise) as { address: string }).address);
    const silent = connect(Number(port), "127.0.0.1");
    const half = connect(Number(port), "127.0.0.1").on("error", () => undefined);
    await Promise.all([once(silent, "connect"), once(half, "connect")]);
    half.write(`POST /command HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`);
    own.abort();
    expect(await over).toBe(0);
    half.destroy();
    silent.destroy();
  });

  it("refuses a port that is taken", async () => {
    let err = "";
    const terminal = { env, out: () => undefined, err: (text: string) => void (err += text), stop: stop.signal };
    expect(await runCli(["ui", "--port", address.port], terminal)).toBe(1);
    expect(err).toContain(`port ${address.port} is taken`);
  });
});

describe("what the page asks for", () => {
  const change = { request_id: ID, dry_run: false, reason: "--json" };
  const line = (asked: object) => commandLine(commandRequest.parse(asked));

  it("becomes a command line in which no value can become an option", () => {
    expect(line({ command: "balance", arguments: { tenant: "--json" } })).toEqual([
      "balance",
      "--json",
      "--",
      "--json",
    ]);
    expect(line({ command: "grant", arguments: { tenant: ID, usd: "5", id: "--dry-run" }, change })).toEqual([
      "grant",
      `--tenant=${ID}`,
      "--usd=5",
      "--id=--dry-run",
      "--reason=--json",
      "--json",
      "--",
    ]);
    expect(line({ command: "dlq redrive", arguments: { all: "yes" }, change })).toContain("--all");
  });

  it("has a reason where it changes something, and is tried first only where that changes nothing", () => {
    expect(line({ command: "switch set", arguments: { mode: "halt" } })).toBe("switch set needs a reason");
    expect(line({ command: "tenant list", change })).toBe("tenant list changes nothing");
    const tried = { ...change, dry_run: true };
    expect(line({ command: "switch set", arguments: { mode: "halt" }, change: tried })).toBe(
      "switch set cannot be tried first",
    );
    expect(line({ command: "tenant list", arguments: { mode: "x" } })).toBe("tenant list takes no mode");
    expect(commandRequest.safeParse({ command: "switch set", change: { ...change, reason: " " } }).success).toBe(false);
  });

  it("is never an API key", () => {
    for (const command of ["key create", "key rotate", "receipt new-key", "ui", "doctor", "audit"])
      expect(commandRequest.safeParse({ command }).success).toBe(false);
  });
});

describe("a session", () => {
  it("ends when it is ended, or after half a day", () => {
    let now = 0;
    const sessions = oneSession(() => now);
    expect(sessions.begin("")).toBeUndefined();
    expect(sessions.isOpen("")).toBe(false);
    const secret = sessions.begin(sessions.token) ?? "";
    expect(sessions.begin(sessions.token)).toBeUndefined();
    expect(sessions.isOpen(secret)).toBe(true);
    expect(sessions.isOpen(sessions.token)).toBe(false);
    now = 12 * 3_600_000;
    expect(sessions.isOpen(secret)).toBe(false);
    now = 0;
    sessions.end();
    expect(sessions.isOpen(secret)).toBe(false);
  });
});

describe("live figures", () => {
  it("add up counters of processes, and take what all reapers read once", () => {
    const worker = 'dpp_run_closed_total{pack_type="ocr",outcome="x"} 2\ndpp_run_closed_total 3\ndpp_other 9\n';
    const reaper = '# HELP dpp_queued_runs x\ndpp_queued_runs{service="reaper"} 7\ndpp_dead_letters NaN\n';
    expect(figuresOf([worker, worker, reaper, reaper])).toEqual({ dpp_run_closed_total: 10, dpp_queued_runs: 7 });
  });

  it("name the process that does not answer", async () => {
    expect(await readFigures(["http://127.0.0.1:1/metrics"])).toEqual({
      values: {},
      asked: 1,
      silent: [{ host: "127.0.0.1:1", why: "cannot be read" }],
    });
  });
});

describe("the page's files", () => {
  it("are small, make no markup of text, and are no part of the customers' console", async () => {
    const files = await bundleOperators();
    expect(files.map(({ name }) => name).toSorted()).toEqual(["operators.css", "operators.js"]);
    expect(files.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0)).toBeLessThanOrEqual(40_000);
    const script = String(files.find(({ name }) => name === "operators.js")?.bytes);
    expect(script).not.toMatch(/\beval\(|new Function|document\.write|insertAdjacentHTML/);
    expect(script).toContain("decisionproof.operator");
    for (const { bytes } of await bundleConsole()) expect(String(bytes)).not.toContain("decisionproof.operator");
  });
});
