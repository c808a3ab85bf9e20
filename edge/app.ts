import { Outage } from "#core/domain/outage.ts";
import { Problem } from "#core/domain/problem.ts";
import type { EdgeHandler, EdgeRequest, EdgeTypes } from "./context.ts";
import { allowOrigins } from "./middleware/allow-origins.ts";
import { answerInvalid } from "./middleware/answer-invalid.ts";
import { correlate } from "./middleware/correlate.ts";
import { countProblems } from "./middleware/count-problems.ts";
import { endLine } from "./middleware/end-line.ts";
import { rateHeaders } from "./middleware/rate-headers.ts";
import { safeHeaders } from "./middleware/safe-headers.ts";
import { problemResponse } from "./problem-response.ts";
import { unavailable } from "./admission/refusals.ts";
import { redocPage, swaggerPage } from "./routes/api-pages.ts";
import { cancelRun } from "./routes/cancel-run.ts";
import { createKey } from "./routes/create-key.ts";
import { createRun } from "./routes/create-run.ts";
import { createWebhook } from "./routes/create-webhook.ts";
import { deleteWebhook } from "./routes/delete-webhook.ts";
import { enableWebhook } from "./routes/enable-webhook.ts";
import { estimateRun } from "./routes/estimate-run.ts";
import { getBudget } from "./routes/get-budget.ts";
import { getEvents } from "./routes/get-events.ts";
import { getPack } from "./routes/get-pack.ts";
import { getReceipt } from "./routes/get-receipt.ts";
import { getResult } from "./routes/get-result.ts";
import { getRun } from "./routes/get-run.ts";
import { getUsage } from "./routes/get-usage.ts";
import { getWebhookSecret } from "./routes/get-webhook-secret.ts";
import { getWebhook } from "./routes/get-webhook.ts";
import { health } from "./routes/health.ts";
import { indexPage } from "./routes/index-page.ts";
import { jwks } from "./routes/jwks.ts";
import { listKeys } from "./routes/list-keys.ts";
import { listPacks } from "./routes/list-packs.ts";
import { listRuns } from "./routes/list-runs.ts";
import { listTransfers } from "./routes/list-transfers.ts";
import { listWebhookDeliveries } from "./routes/list-webhook-deliveries.ts";
import { listWebhooks } from "./routes/list-webhooks.ts";
import { llms } from "./routes/llms.ts";
import { mcp } from "./routes/mcp.ts";
import { openapi } from "./routes/openapi.ts";
import { problemIndex, problemPage } from "./routes/problem-page.ts";
import { readyz } from "./routes/readyz.ts";
import { redeliverWebhook } from "./routes/redeliver-webhook.ts";
import { revokeKey } from "./routes/revoke-key.ts";
import { rotateKey } from "./routes/rotate-key.ts";
import { rotateWebhook } from "./routes/rotate-webhook.ts";
import { securityTxt } from "./routes/security-txt.ts";
import { Hono } from "hono";

export type AppDeps = Parameters<typeof createRun>[0] &
  Parameters<typeof getRun>[0] &
  Parameters<typeof getResult>[0] &
  Parameters<typeof getReceipt>[0] &
  Parameters<typeof getUsage>[0] &
  Parameters<typeof createKey>[0] &
  Parameters<typeof createWebhook>[0] &
  Parameters<typeof mcp>[0] &
  Parameters<typeof jwks>[0] &
  Parameters<typeof allowOrigins>[0] &
  Parameters<typeof readyz>[0] &
  Parameters<typeof securityTxt>[0] &
  Parameters<typeof health>[0];

/** The whole HTTP surface, in one look. */
export function createApp(deps: AppDeps): Hono<EdgeTypes> {
  const app = new Hono<EdgeTypes>();
  app.use(correlate(deps), countProblems(deps), safeHeaders, allowOrigins(deps));
  app.use(rateHeaders, endLine, answerInvalid(deps));

  app.get("/v1/runs", listRuns(deps)).post(createRun(deps)).all(allow("GET, HEAD, POST"));
  app.post("/v1/runs/estimate", estimateRun(deps)).all(allow("POST"));
  app.get("/v1/runs/:id", getRun(deps)).all(allow("GET, HEAD"));
  app.post("/v1/runs/:id/cancel", cancelRun(deps)).all(allow("POST"));
  app.get("/v1/runs/:id/result", getResult(deps)).all(allow("GET, HEAD"));
  app.get("/v1/runs/:id/events", getEvents(deps)).all(allow("GET, HEAD"));
  app.get("/v1/runs/:id/receipt", getReceipt(deps)).all(allow("GET, HEAD"));
  app.get("/v1/packs", listPacks(deps)).all(allow("GET, HEAD"));
  app.get("/v1/packs/:type", getPack(deps)).all(allow("GET, HEAD"));
  app.get("/v1/budget", getBudget(deps)).all(allow("GET, HEAD"));
  app.get("/v1/ledger", listTransfers(deps)).all(allow("GET, HEAD"));
  app.get("/v1/usage", getUsage(deps)).all(allow("GET, HEAD"));
  app.get("/v1/keys", listKeys(deps)).post(createKey(deps)).all(allow("GET, HEAD, POST"));
  app.delete("/v1/keys/:id", revokeKey(deps)).all(allow("DELETE"));
  app.post("/v1/keys/:id/rotate", rotateKey(deps)).all(allow("POST"));
  app.get("/v1/webhooks", listWebhooks(deps)).post(createWebhook(deps)).all(allow("GET, HEAD, POST"));
  app.get("/v1/webhooks/default/secret", getWebhookSecret(deps)).all(allow("GET, HEAD"));
  app.get("/v1/webhooks/:id", getWebhook(deps)).delete(deleteWebhook(deps)).all(allow("GET, HEAD, DELETE"));
  app.post("/v1/webhooks/:id/rotate", rotateWebhook(deps)).all(allow("POST"));
  app.post("/v1/webhooks/:id/enable", enableWebhook(deps)).all(allow("POST"));
  app.get("/v1/webhooks/:id/deliveries", listWebhookDeliveries(deps)).all(allow("GET, HEAD"));
  app.post("/v1/webhooks/:id/deliveries/:delivery_id/redeliver", redeliverWebhook(deps)).all(allow("POST"));
  app.post("/mcp", mcp(deps)).all(allow("POST"));

  app.get("/", indexPage()).all(allow("GET, HEAD"));
  app.get("/health", health(deps)).all(allow("GET, HEAD"));
  app.get("/readyz", readyz(deps)).all(allow("GET, HEAD"));
  app.get("/openapi.json", openapi()).all(allow("GET, HEAD"));
  app.get("/.well-known/jwks.json", jwks(deps)).all(allow("GET, HEAD"));
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
