import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openapiDocument } from "../../edge/openapi/document.ts";
import { OPERATIONS, ROUTES } from "../../edge/routes.ts";
import { loneEdge } from "../tools/bodies/lone-edge.ts";

const PATHS = [...ROUTES.keys()];
/** A path that a request of the route may have. */
const requested = (path: string) => path.replaceAll(/\{\w+\}/g, "01a1fa37-24d5-77a5-b92c-ccf601371541");
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const app = loneEdge();

describe("the routes", () => {
  test("are the operations of the document, each under its own id", () => {
    const { paths } = openapiDocument("https://api.example") as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>;
    };
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, { operationId }]) =>
        operationId === undefined ? [] : [`${method.toUpperCase()} ${path} ${operationId}`],
      ),
    );
    const served = [...ROUTES].flatMap(([path, operations]) =>
      [...operations].flatMap(([method, { id, alias }]) => (alias === path ? [] : [`${method} ${path} ${id}`])),
    );
    expect(described).toEqual(served);
    expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length);
  });

  test("are all that is registered", () => {
    const pattern = (path: string) => path.replaceAll(/\{(\w+)\}/g, ":$1");
    const expected = [...ROUTES].flatMap(([path, operations]) =>
      [...operations.keys(), "ALL"].map((method) => `${method} ${pattern(path)}`),
    );
    const middleware = "ALL /*";
    const registered = app.routes
      .map(({ method, path }) => `${method} ${path}`)
      .filter((route) => route !== middleware);
    expect(registered).toEqual(expected);
  });

  test("are registered in app.ts alone", () => {
    const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "edge"], {
      encoding: "utf8",
    }).split("\n");
    const registers = files.filter(
      (file) => file.endsWith(".ts") && /\bapp\.(get|post|put|patch|delete|on|all)\(/.test(readFileSync(file, "utf8")),
    );
    // Without a valid environment there is one route, and a 503 for all else.
    expect(registers).toEqual(["edge/app.ts", "edge/misconfigured.ts"]);
  });

  test.each(PATHS)("%s answers 405 to every other method, with those that it allows", async (path) => {
    const methods = [...(ROUTES.get(path)?.keys() ?? [])];
    const allowed = [...methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])), "OPTIONS"];
    const asked = await app.request(`https://api.example${requested(path)}`, { method: "OPTIONS" });
    expect([asked.status, asked.headers.get("Allow")]).toEqual([204, allowed.join(", ")]);
    for (const method of METHODS.filter((each) => !allowed.includes(each))) {
      const response = await app.request(`https://api.example${requested(path)}`, { method });
      expect([method, response.status, response.headers.get("Allow")]).toEqual([method, 405, allowed.join(", ")]);
    }
  });

  test("have the same parameters on all operations of a path", () => {
    const documents = ({ params = {} }: { readonly params?: object | undefined }) => JSON.stringify(params);
    const differing = [...ROUTES].filter(([, operations]) => new Set([...operations.values()].map(documents)).size > 1);
    expect(differing).toEqual([]);
  });
});
