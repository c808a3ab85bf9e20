import { Hono, type MiddlewareHandler } from "hono";
import { html } from "hono/html";
import { Outage } from "#core/domain/outage.ts";
import { Problem } from "#core/domain/problem.ts";
import { checkKeyOfInvalid } from "./admission/check-key-of-invalid.ts";
import { unavailable } from "./admission/problems.ts";
import type { EdgeHandler, EdgeRequest, EdgeTypes } from "./http/context.ts";
import { correlate } from "./http/correlate.ts";
import { allowOrigins } from "./http/cors.ts";
import { finishText } from "./http/finish-text.ts";
import type { Method } from "./http/operation.ts";
import { logRefusals } from "./http/log-refusals.ts";
import { measureRequests } from "./http/measure-requests.ts";
import { problemPage } from "./http/page.ts";
import { problemResponse } from "./http/problem-response.ts";
import { rateHeaders } from "./http/rate-headers.ts";
import { routeOf } from "./http/route.ts";
import { type TraceDeps, traceRequests } from "./http/trace-requests.ts";
import { safeHeaders } from "./http/safe-headers.ts";
import { openapiDocument } from "./openapi/document.ts";
import { type RouteDeps, ROUTES } from "./routes.ts";

export type AppDeps = Omit<RouteDeps, "openapiDocument"> &
  Parameters<typeof allowOrigins>[0] &
  Parameters<typeof correlate>[0] &
  TraceDeps &
  Parameters<typeof logRefusals>[0];

/** The whole HTTP surface: what ROUTES has, and a 405 for every other method of its paths. */
export function createApp(deps: AppDeps): Hono<EdgeTypes> {
  const app = new Hono<EdgeTypes>({ strict: false });
  app.use(markPublic, correlate(deps), traceRequests(deps), measureRequests(deps), logRefusals(deps));
  app.use(safeHeaders, allowOrigins(deps));
  app.use(rateHeaders(deps), finishText, checkKeyOfInvalid(deps));

  for (const [path, operations] of ROUTES) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ":$1");
    for (const [method, operation] of operations)
      app.on(method, pattern, operation.handler({ ...deps, openapiDocument }));
    app.all(pattern, otherMethods([...operations.keys()]));
  }

  app.notFound((c) => notFound(c, new Problem("not-found", "Route not found.")));
  app.onError((error, c) => {
    const problem = problemOf(deps, error, c);
    return problem.slug === "not-found" && c.get("public") === true
      ? notFound(c, problem)
      : problemResponse(c, problem);
  });
  return app;
}

/** The routes of which no operation needs an API key. */
const PUBLIC = new Set(
  [...ROUTES].flatMap(([path, operations]) =>
    [...operations.values()].every(({ scope }) => scope === undefined) ? [path] : [],
  ),
);

const markPublic: MiddlewareHandler<EdgeTypes> = async (c, next) => {
  c.set("public", PUBLIC.has(routeOf(c) ?? ""));
  await next();
};

/** Hono's own middleware would serve `GET /v1/runs/estimate` as the run of the id "estimate". */
function otherMethods(methods: readonly Method[]): EdgeHandler {
  const Allow = [...methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])), "OPTIONS"].join(", ");
  return (c) =>
    c.req.method === "OPTIONS"
      ? c.body(null, 204, { Allow })
      : problemResponse(c, new Problem("method-not-allowed", `Allowed methods: ${Allow}.`), { Allow });
}

/** A person reads a page, a program the problem. */
function notFound(c: EdgeRequest, problem: Problem): Response | Promise<Response> {
  const page = problemPage(c, {
    title: "Not found",
    body: html`<h1>Not found</h1>
      <p>The page does not exist. Go to <a href="/">the start page</a> or <a href="/docs">the API</a>.</p>`,
  });
  if (page === undefined) return problemResponse(c, problem);
  c.set("problem", "not-found");
  return c.html(page, 404);
}

/** Nothing of an unexpected error leaves the house. */
function problemOf(deps: Pick<AppDeps, "log">, error: Error, c: EdgeRequest): Problem {
  if (error instanceof Problem) return error;
  const { trace_id } = c.get("trace");
  deps.log.error("request failed", { error, trace_id, request_id: c.get("request_id"), method: c.req.method });
  return error instanceof Outage ? unavailable() : new Problem("internal");
}
