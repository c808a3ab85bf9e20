import { expect, test } from "vitest";
import { loneEdge } from "../../tools/bodies/lone-edge.ts";

const app = loneEdge();
const ask = (path: string) => app.request(`https://api.example${path}`, { headers: { Accept: "text/html" } });

test.each(["/console", "/console/", "/console/runs", "/console/runs/01a1fa37-24d5-77a5-b92c-ccf601371541"])(
  "%s is the console, which runs its own script alone and makes none of texts",
  async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(200);
    const policy = response.headers.get("Content-Security-Policy") ?? "";
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self' data: blob:",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(response.headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
    const page = await response.text();
    expect(page).toContain('src="/assets/console/console.js"');
    expect(page).not.toMatch(/<style|style=|onload=|<script(?![^>]* src=)/);
  },
);

test.each(["/console/nowhere", `/console/runs/${"x".repeat(65)}`])("%s is not found", async (path) => {
  expect((await ask(path)).status).toBe(404);
});
