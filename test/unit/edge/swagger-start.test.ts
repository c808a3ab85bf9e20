import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { operations } from "../../api/document.ts";

interface Asked {
  readonly headers?: Record<string, string>;
}

const script = readFileSync(new URL("../../../edge/service/browser/swagger-start.js", import.meta.url), "utf8");

/** The page, as far as the script asks for it: what it gives Swagger UI, and its classes. */
function startPage(scheme: { matches: boolean; addEventListener(event: "change", follow: () => void): void }) {
  let given: { readonly requestInterceptor: (request: Asked) => Asked } | undefined;
  const SwaggerUIBundle = (options: typeof given) => void (given = options);
  const classes = new Set<string>();
  const toggle = (name: string, on: boolean) => (on ? classes.add(name) : classes.delete(name));
  const document = { documentElement: { classList: { toggle } } };
  runInNewContext(script, { SwaggerUIBundle, crypto, document, matchMedia: () => scheme });
  if (given === undefined) throw new Error("the page starts no Swagger UI");
  return { requestInterceptor: given.requestInterceptor, classes };
}

/** What the page does to a request before it is sent, run as the page runs it. */
const interceptor = () => startPage({ matches: false, addEventListener: () => {} }).requestInterceptor;

const withKey = (key: string): Asked => ({ headers: { "Idempotency-Key": key } });

test("each try of the example in /docs is a piece of work of its own", () => {
  const examples = operations.flatMap(({ parameters }) =>
    parameters.filter(({ name }) => name === "Idempotency-Key").map(({ example }) => String(example)),
  );
  expect(examples).toHaveLength(1);
  const intercept = interceptor();
  const sent = Array.from(
    { length: 3 },
    () => intercept(withKey(examples[0] ?? "")).headers?.["Idempotency-Key"] ?? "",
  );
  expect(new Set(sent).size).toBe(3);
  for (const key of sent) expect(key).toMatch(/^try-[0-9a-f]{32}$/);
});

test("a key that somebody types in /docs is sent as it is, and other requests are left alone", () => {
  const intercept = interceptor();
  expect(intercept(withKey("my-own-key"))).toEqual(withKey("my-own-key"));
  expect(intercept({})).toEqual({});
});

test("/docs is dark where the reader's system is, also when that changes", () => {
  let changed = () => {};
  const scheme = { matches: true, addEventListener: (_: "change", follow: () => void) => void (changed = follow) };
  const { classes } = startPage(scheme);
  expect([...classes]).toEqual(["dark-mode"]);
  scheme.matches = false;
  changed();
  expect([...classes]).toEqual([]);
});
