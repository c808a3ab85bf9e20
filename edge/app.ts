import { Hono } from "hono";
import { Outage } from "#core/domain/outage.ts";
import { Problem } from "#core/domain/problem.ts";
import type { EdgeHandler, EdgeRequest, EdgeTypes } from "./context.ts";
import { correlate } from "./middleware/correlate.ts";
import { countProblems } from "./middleware/count-problems.ts";
import { endLine } from "./middleware/end-line.ts";
import { rateHeaders } from "./middleware/rate-headers.ts";
import { safeHeaders } from "./middleware/safe-headers.ts";
import { problemResponse } from "./problem-response.ts";
import { unavailable } from "./refusals.ts";
import { redocPage, swaggerPage } from "./routes/api-pages.ts";
import { cancelRun } from "./routes/cancel-run.ts";
import { createRun } from "./routes/create-run.ts";
import { getBudget } from "./routes/get-budget.ts";
import { getResult } from "./routes/get-result.ts";
import { getRun } from "./routes/get-run.ts";
import { health } from "./routes/health.ts";
import { indexPage } from "./routes/index-page.ts";
import { llms } from "./routes/llms.ts";
import { openapi } from "./routes/openapi.ts";
import { problemIndex, problemPage } from "./routes/problem-page.ts";
import { readyz } from "./routes/readyz.ts";
import { securityTxt } from "./routes/security-txt.ts";

export type AppDeps = Parameters<typeof createRun>[0] &
  Parameters<typeof getResult>[0] &
  Parameters<typeof readyz>[0] &
  Parameters<typeof securityTxt>[0] &
  Parameters<typeof health>[0];

/** The whole HTTP surface, in one look. */
export function createApp(deps: AppDeps): Hono<EdgeTypes> {
  const app = new Hono<EdgeTypes>();
  app.use(correlate(deps), countProblems(deps), safeHeaders, rateHeaders, endLine);

  app.post("/v1/runs", createRun(deps)).all(allow("POST"));
  app.get("/v1/runs/:id", getRun(deps)).all(allow("GET, HEAD"));
  app.post("/v1/runs/:id/cancel", cancelRun(deps)).all(allow("POST"));
  app.get("/v1/runs/:id/result", getResult(deps)).all(allow("GET, HEAD"));
  app.get("/v1/budget", getBudget(deps)).all(allow("GET, HEAD"));

  app.get("/", indexPage()).all(allow("GET, HEAD"));
  app.get("/health", health(deps)).all(allow("GET, HEAD"));
  app.get("/readyz", readyz(deps)).all(allow("GET, HEAD"));
  app.get("/openapi.json", openapi()).all(allow("GET, HEAD"));
  app.get("/docs", swaggerPage()).all(allow("GET, HEAD"));
  app.get("/redoc", redocPage()).all(allow("GET, HEAD"));
  app.get("/llms.txt", llms()).all(allow("GET, HEAD"));
  app.get("/.well-known/security.txt", securityTxt(deps)).all(allow("GET, HEAD"));
  app.get("/problems", problemIndex()).all(allow("GET, HEAD"));
  app.get("/problems/", problemIndex()).all(allow("GET, HEAD"));
  app.get("/problems/:slug", problemPage()).all(allow("GET, HEAD"));

  app.notFound((c) => problemResponse(c, new Problem("not-found", "There is nothing at this address.")));
  app.onError((error, c) => problemResponse(c, problemOf(deps, error, c)));
  return app;
}

const allow =
  (methods: string): EdgeHandler =>
  (c) =>
    problemResponse(c, new Problem("method-not-allowed", `This address takes ${methods}.`), { Allow: methods });

/** Nothing of an unexpected error leaves the house. */
function problemOf(deps: Pick<AppDeps, "log">, error: Error, c: EdgeRequest): Problem {
  if (error instanceof Problem) return error;
  const { trace_id } = c.get("trace");
  deps.log.error("request failed", { error, trace_id, request_id: c.get("request_id"), method: c.req.method });
  return error instanceof Outage ? unavailable() : new Problem("internal");
}
