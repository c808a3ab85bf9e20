import { describe, expect, test } from "vitest";
import { parseEnv } from "../../edge/env.ts";
import { acceptedRun, type ApiResponse, bearer, call, post, problemOf } from "./client.ts";
import { bareWorld, listingWorld, PAGES } from "./harness.ts";

const [LISTED, OTHER] = PAGES;
const FOREIGN_ORIGINS = [
  "https://app.example.evil",
  "http://app.example",
  "https://app.example:8443",
  "https://sub.app.example",
  "https://APP.example",
  "null",
  "*",
  "http://localhost:3000",
];

const world = await listingWorld();
const local = await bareWorld();

const preflight = (url: string, origin: string, method = "POST") =>
  call(url, {
    method: "OPTIONS",
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": method,
      "Access-Control-Request-Headers": "authorization,idempotency-key",
    },
  });
const corsOf = ({ headers }: ApiResponse) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));

describe("a preflight", () => {
  test.each([
    ["/v1/runs", "GET, HEAD, POST, OPTIONS"],
    ["/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541", "GET, HEAD, OPTIONS"],
    ["/v1/keys", "GET, HEAD, POST, OPTIONS"],
    ["/v1/keys/01a1fa37-24d5-77a5-b92c-ccf601371541", "DELETE, PATCH, OPTIONS"],
    ["/v1/nowhere", "GET, HEAD, POST, PATCH, DELETE, OPTIONS"],
  ])("from a listed origin lets in what %s takes", async (path, methods) => {
    const before = world.roundTrips();
    const answer = await preflight(world.url + path, LISTED);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(corsOf(answer)).toEqual({
      "access-control-allow-origin": LISTED,
      "access-control-allow-methods": methods,
      "access-control-allow-headers":
        "Authorization, Content-Type, Idempotency-Key, Prefer, If-None-Match, If-Range, Range, Cache-Control, " +
        "Last-Event-ID, X-Request-ID, traceparent, tracestate, baggage, sentry-trace, " +
        "MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, *",
      "access-control-max-age": "600",
    });
    expect(answer.headers.get("vary")).toBe("Origin");
    expect(answer.headers.has("content-type")).toBe(false);
    expect(world.roundTrips()).toEqual(before);
  });

  test.each(FOREIGN_ORIGINS)("from %s is answered without a word of CORS", async (origin) => {
    const answer = await preflight(`${world.url}/v1/runs`, origin);
    expect([answer.status, corsOf(answer), answer.headers.get("vary")]).toEqual([204, {}, "Origin"]);
  });

  test("of an unknown route lets a page read the 404, of a listed origin alone", async () => {
    const route = `${world.url}/v1/nowhere`;
    const answer = await call(route, { headers: { Origin: LISTED } });
    problemOf(answer, 404, "not-found");
    expect(corsOf(answer)["access-control-allow-origin"]).toBe(LISTED);
    problemOf(await preflight(route, "https://foreign.example"), 404, "not-found");
  });
});

test("an OPTIONS that is no preflight says what is allowed", async () => {
  for (const headers of [{}, { Origin: LISTED }, { "Access-Control-Request-Method": "POST" }]) {
    const answer = await call(`${world.url}/v1/runs`, { method: "OPTIONS", headers });
    expect([answer.status, answer.text, answer.headers.get("allow")]).toEqual([204, "", "GET, HEAD, POST, OPTIONS"]);
  }
});

describe("what needs no API key", () => {
  const PUBLIC = ["/openapi.json", "/.well-known/jwks.json", "/llms.txt", "/problems", "/problems/internal", "/health"];
  test.each(PUBLIC)("%s can be read by a page of any origin", async (path) => {
    for (const edge of [world, local]) {
      const answer = await call(edge.url + path, { headers: { Origin: "https://foreign.example" } });
      expect(answer.status).toBe(200);
      expect(corsOf(answer)["access-control-allow-origin"]).toBe("*");
      expect(corsOf(answer)["access-control-expose-headers"]).toContain("ETag");
      expect(answer.headers.get("vary") ?? "").not.toContain("Origin");
      expect(answer.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
      const asked = await preflight(edge.url + path, "https://foreign.example", "GET");
      expect([asked.status, corsOf(asked)["access-control-allow-origin"]]).toEqual([204, "*"]);
    }
  });
});

describe("an answer", () => {
  test("to a listed origin can be read with its headers, problems too, and never with credentials", async () => {
    const { api_key } = await world.account();
    const headers = { Origin: LISTED };
    const accepted = await post({ url: world.url, api_key, headers });
    acceptedRun(accepted);
    const invalid = await post({ url: world.url, api_key, headers, body: "{" });
    problemOf(invalid, 400, "invalid-request");
    const refused = await call(`${world.url}/v1/budget`, { headers });
    problemOf(refused, 401, "unauthorized");
    for (const answer of [accepted, invalid, refused]) {
      expect(corsOf(answer)).toEqual({
        "access-control-allow-origin": LISTED,
        "access-control-expose-headers":
          "RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, " +
          "x-should-retry, WWW-Authenticate, Allow, Location, Link, ETag, Accept-Ranges, Content-Range, Content-Length, " +
          "Content-Disposition, X-Request-ID, traceparent, Idempotency-Replayed, Preference-Applied, " +
          "X-DPP-Next-Position, X-DPP-Cost-Reserved, X-DPP-Cost-Minimum-Fee, X-DPP-Cost-Actual",
      });
      expect(answer.headers.get("vary")).toBe("Origin");
    }
    const second = await call(`${world.url}/v1/budget`, { headers: { Origin: OTHER } });
    expect(corsOf(second)["access-control-allow-origin"]).toBe(OTHER);
  });

  test.each(FOREIGN_ORIGINS)("to %s is as to nobody's page", async (origin) => {
    const { api_key } = await world.account();
    const answer = await call(`${world.url}/v1/budget`, { headers: { ...bearer(api_key), Origin: origin } });
    expect([answer.status, corsOf(answer), answer.headers.get("vary")]).toEqual([200, {}, "Origin"]);
  });

  test("that depends on more than the origin says so", async () => {
    const { api_key } = await world.account();
    const answer = await call(`${world.url}/v1/ledger`, { headers: { ...bearer(api_key), Origin: LISTED } });
    expect(answer.headers.get("vary")).toBe("Accept, Origin");
  });
});

test.each(["http://localhost:3000", "http://localhost", "http://127.0.0.1:5173", "http://[::1]:8080"])(
  "a page of this machine, %s, is let in where that is set",
  async (origin) => {
    const answer = await preflight(`${local.url}/v1/runs`, origin);
    expect(corsOf(answer)["access-control-allow-origin"]).toBe(origin);
  },
);

test.each([
  "https://localhost:3000",
  "http://localhost.evil:3000",
  "http://localhost:3000/",
  "http://127.0.0.1.evil",
  "http://127.0.0.2",
  "null",
  LISTED,
])("%s is no page of this machine", async (origin) => {
  expect(corsOf(await preflight(`${local.url}/v1/runs`, origin))).toEqual({});
});

describe("the environment", () => {
  const fit = {
    DATABASE_URL: "postgres://edge@db.invalid/dpp",
    UPSTASH_REDIS_REST_URL: "https://redis.invalid",
    UPSTASH_REDIS_REST_TOKEN: "token",
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "secret",
    SQS_QUEUE_URL: "https://sqs.invalid/queue",
    S3_BUCKET: "bucket",
  };

  test("lets no origin in unless it is told to", () => {
    expect(parseEnv(fit)).toMatchObject({ env: { DPP_CORS_ORIGINS: [], DPP_CORS_LOCALHOST: false } });
    expect(parseEnv({ ...fit, DPP_CORS_ORIGINS: " " })).toMatchObject({ env: { DPP_CORS_ORIGINS: [] } });
    const origins = "https://a.example,http://b.example:8080, http://[::1]:3000";
    expect(parseEnv({ ...fit, DPP_CORS_ORIGINS: origins })).toMatchObject({
      env: { DPP_CORS_ORIGINS: ["https://a.example", "http://b.example:8080", "http://[::1]:3000"] },
    });
  });

  test.each([
    "*",
    "https://*.example",
    "https://a.example/",
    "https://a.example/path",
    "https://a.example:443",
    "https://A.example",
    "https://user@a.example",
    "a.example",
    "null",
    "ftp://a.example",
    "https://a.example,",
    "https://a.example https://b.example",
  ])("with the origin %j is a fault of the start that tells the variable", (origins) => {
    const parsed = parseEnv({ ...fit, DPP_CORS_ORIGINS: origins });
    expect(parsed).toMatchObject({ errors: [expect.stringMatching(/^DPP_CORS_ORIGINS: entry \d is not an origin/)] });
  });

  test("takes no other word than true and false for the pages of this machine", () => {
    expect(parseEnv({ ...fit, DPP_CORS_LOCALHOST: "yes" })).toMatchObject({
      errors: [expect.stringMatching(/^DPP_CORS_LOCALHOST: /)],
    });
  });
});
