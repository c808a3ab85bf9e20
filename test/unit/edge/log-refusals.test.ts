import { expect, test } from "vitest";
import { IsolateRateLimiter } from "../../../edge/admission/isolate-rate-limiter.ts";
import { createApp } from "../../../edge/app.ts";
import { loneDeps } from "../../tools/bodies/lone-edge.ts";

function world(burst: number) {
  let now_ms = 1_800_000_000_000;
  const clock = { now: () => now_ms };
  const lines: Readonly<Record<string, unknown>>[] = [];
  const write = (message: string, fields = {}) => void lines.push({ message, ...fields });
  const log = { info: write, warn: write, error: write, child: () => log };
  const refusal_lines = new IsolateRateLimiter({ per_minute: 60, burst }, clock);
  const app = createApp(loneDeps({ clock, log, refusal_lines }));
  const ask = (path: string, address = "203.0.113.7") =>
    app.request(`https://api.example${path}`, { headers: { "CF-Connecting-IP": address } });
  return { ask, lines, pass: (ms: number) => void (now_ms += ms) };
}

test("of a flood of refusals from one address most are only counted, and no other address loses a line", async () => {
  const { ask, lines, pass } = world(3);
  for (let count = 0; count < 10; count++) await ask("/v1/budget");
  expect(lines).toHaveLength(3);
  await ask("/v1/budget", "203.0.113.8");
  expect(lines.at(-1)).toMatchObject({ value: 8, labels: { status: "401", slug: "unauthorized" } });
  await ask("/v1/budget");
  pass(60_000);
  await ask("/v1/budget");
  expect(lines.map(({ value }) => value)).toEqual([1, 1, 1, 8, 2]);
});

test("a line has the route and no address that was asked for", async () => {
  const { ask, lines } = world(10);
  await ask("/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541?cursor=secret");
  await ask("/nowhere/secret");
  expect(lines.map(({ route, method, tenant_id, key_id }) => [method, route, tenant_id, key_id])).toEqual([
    ["GET", "/v1/runs/{id}", null, null],
    ["GET", null, null, null],
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/secret|01a1fa37|203\.0/);
});
