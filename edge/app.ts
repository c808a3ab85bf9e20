import { Outage } from "#core/domain/outage.ts";
import { Problem } from "#core/domain/problem.ts";
import type { EdgeHandler, EdgeRequest, EdgeTypes } from "./http/context.ts";
import { allowOrigins } from "./http/cors.ts";
import { answerInvalid } from "./admission/answer-invalid.ts";
import { correlate } from "./http/correlate.ts";
import { countProblems } from "./http/count-problems.ts";
import { endLine } from "./http/end-line.ts";
import { rateHeaders } from "./http/rate-headers.ts";
import { safeHeaders } from "./http/safe-headers.ts";
import { problemResponse } from "./http/problem-response.ts";
import { unavailable } from "./admission/refusals.ts";
import { redocPage, swaggerPage } from "./service/api-pages.ts";
import { cancelRun } from "./runs/cancel-run.ts";
import { createKey } from "./keys/create-key.ts";
import { createRun } from "./runs/create-run.ts";
import { createWebhook } from "./webhooks/create-webhook.ts";
import { deleteWebhook } from "./webhooks/delete-webhook.ts";
import { enableWebhook } from "./webhooks/enable-webhook.ts";
import { estimateRun } from "./runs/estimate-run.ts";
import { getBudget } from "./ledger/get-budget.ts";
import { getEvents } from "./runs/get-run-events.ts";
import { getPack } from "./packs/get-pack.ts";
import { getReceipt } from "./receipts/get-receipt.ts";
import { getResult } from "./runs/get-result.ts";
import { getRun } from "./runs/get-run.ts";
import { getUsage } from "./ledger/get-usage.ts";
import { getWebhookSecret } from "./webhooks/get-default-secret.ts";
import { getWebhook } from "./webhooks/get-webhook.ts";
import { health } from "./service/get-health.ts";
import { indexPage } from "./service/get-index.ts";
import { jwks } from "./receipts/get-key-set.ts";
import { listKeys } from "./keys/list-keys.ts";
import { listPacks } from "./packs/list-packs.ts";
import { listRuns } from "./runs/list-runs.ts";
import { listTransfers } from "./ledger/list-transfers.ts";
import { listWebhookDeliveries } from "./webhooks/list-deliveries.ts";
import { listWebhooks } from "./webhooks/list-webhooks.ts";
import { llms } from "./service/get-llms-text.ts";
import { mcp } from "./mcp/endpoint.ts";
import { openapi } from "./service/get-openapi.ts";
import { problemIndex, problemPage } from "./service/problem-pages.ts";
import { readyz } from "./service/get-readiness.ts";
import { redeliverWebhook } from "./webhooks/redeliver.ts";
import { revokeKey } from "./keys/revoke-key.ts";
import { rotateKey } from "./keys/rotate-key.ts";
import { rotateWebhook } from "./webhooks/rotate-webhook.ts";
import { securityTxt } from "./service/get-security-text.ts";
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
