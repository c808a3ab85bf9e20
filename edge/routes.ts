import type { Method, Operation } from "./http/operation.ts";
import { createKey } from "./keys/create-key.ts";
import { listKeys } from "./keys/list-keys.ts";
import { revokeKey } from "./keys/revoke-key.ts";
import { rotateKey } from "./keys/rotate-key.ts";
import { updateKey } from "./keys/update-key.ts";
import { getBudget } from "./ledger/get-budget.ts";
import { getUsage } from "./ledger/get-usage.ts";
import { listTransfers } from "./ledger/list-transfers.ts";
import { mcp } from "./mcp/endpoint.ts";
import { getPack } from "./packs/get-pack.ts";
import { listPacks } from "./packs/list-packs.ts";
import { getKeySet } from "./receipts/get-key-set.ts";
import { getOutput } from "./runs/get-output.ts";
import { getReceipt } from "./receipts/get-receipt.ts";
import { cancelRun } from "./runs/cancel-run.ts";
import { createRun } from "./runs/create-run.ts";
import { estimateRun } from "./runs/estimate-run.ts";
import { getResult } from "./runs/get-result.ts";
import { getRunEvents } from "./runs/get-run-events.ts";
import { getRun } from "./runs/get-run.ts";
import { listRuns } from "./runs/list-runs.ts";
import { getConsole, getConsoleItem, getConsolePage } from "./service/get-console.ts";
import { getDocs } from "./service/get-docs.ts";
import { getFavicon } from "./service/get-favicon.ts";
import { getHealth } from "./service/get-health.ts";
import { getIndex } from "./service/get-index.ts";
import { getLlmsText } from "./service/get-llms-text.ts";
import { getOpenapi } from "./service/get-openapi.ts";
import { getPackPage } from "./service/get-pack-page.ts";
import { getReadiness } from "./service/get-readiness.ts";
import { getRobotsText } from "./service/get-robots-text.ts";
import { getSecurityText } from "./service/get-security-text.ts";
import { getProblem } from "./service/get-problem.ts";
import { getRedoc } from "./service/get-redoc.ts";
import { listProblems } from "./service/list-problems.ts";
import { createWebhook } from "./webhooks/create-webhook.ts";
import { deleteWebhook } from "./webhooks/delete-webhook.ts";
import { enableWebhook } from "./webhooks/enable-webhook.ts";
import { getDefaultWebhookSecret } from "./webhooks/get-default-secret.ts";
import { getWebhook } from "./webhooks/get-webhook.ts";
import { listWebhookDeliveries } from "./webhooks/list-deliveries.ts";
import { listWebhooks } from "./webhooks/list-webhooks.ts";
import { redeliverWebhook } from "./webhooks/redeliver.ts";
import { rotateWebhook } from "./webhooks/rotate-webhook.ts";
import { testWebhook } from "./webhooks/test-webhook.ts";

/** Every operation, in the order of the document. Of two paths that one request fits the first is served. */
const operations = [
  listRuns,
  createRun,
  estimateRun,
  getRun,
  getRunEvents,
  cancelRun,
  getOutput,
  getResult,
  getReceipt,
  getKeySet,
  listPacks,
  getPack,
  getBudget,
  listTransfers,
  getUsage,
  listKeys,
  createKey,
  revokeKey,
  rotateKey,
  updateKey,
  listWebhooks,
  createWebhook,
  getDefaultWebhookSecret,
  getWebhook,
  deleteWebhook,
  rotateWebhook,
  enableWebhook,
  testWebhook,
  listWebhookDeliveries,
  redeliverWebhook,
  mcp,
  getIndex,
  getPackPage,
  getHealth,
  getReadiness,
  getOpenapi,
  getDocs,
  getRedoc,
  getConsole,
  getConsolePage,
  getConsoleItem,
  getLlmsText,
  getSecurityText,
  getRobotsText,
  getFavicon,
  listProblems,
  getProblem,
] as const;

/** What all operations together run on. */
export type RouteDeps = DepsOf<(typeof operations)[number]>;
type DepsOf<O> = (O extends Operation<infer D> ? (deps: D) => void : never) extends (deps: infer All) => void
  ? All
  : never;

export const OPERATIONS: readonly Operation<RouteDeps>[] = operations;

/** Path -> method -> operation: all that is served. */
export const ROUTES: ReadonlyMap<string, ReadonlyMap<Method, Operation<RouteDeps>>> = routesOf(OPERATIONS);

function routesOf(all: readonly Operation<RouteDeps>[]): Map<string, Map<Method, Operation<RouteDeps>>> {
  const routes = new Map<string, Map<Method, Operation<RouteDeps>>>();
  for (const operation of all) {
    for (const path of [operation.path, operation.alias]) {
      if (path === undefined) continue;
      routes.set(path, (routes.get(path) ?? new Map()).set(operation.method, operation));
    }
  }
  return routes;
}
