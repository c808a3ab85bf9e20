import type { RequestListener } from "node:http";
import { randomUUID } from "node:crypto";
import { newId } from "#core/domain/ids.ts";
import { type EventType, newWebhookSecret } from "#core/domain/webhook.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { createWebhook } from "#core/store/webhooks/create-webhook.ts";
import { listWebhookDeliveries } from "#core/store/webhooks/webhook-deliveries.ts";
import { NO_TRACER } from "#core/ports/tracer.ts";
import { createClock, createSleeper } from "../../../backend/drivers/clock.ts";
import { createWebhookSender } from "../../../backend/drivers/fetch/webhook-sender.ts";
import { createRandom } from "../../../backend/drivers/random.ts";
import { sweepWebhooks, type WebhookSweepDeps } from "../../../backend/reaper/sweeps/webhooks.ts";
import { serve } from "./local-server.ts";
import type { Account } from "../../dev/add-tenant.ts";
import { createMoneyWorld, submission } from "./money-world.ts";
import { recorder } from "./recorder.ts";
import { createS3Objects } from "../../../backend/drivers/s3.ts";
import { storeOfResults } from "../../api/finish.ts";

const NEVER = new AbortController().signal;
const random = createRandom();
/** Any port of this machine. */
const LOCAL = ["127.0.0.1:*"];

interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

type Reply = (received: Received, response: Parameters<RequestListener>[1]) => void;

/** A receiver that remembers what it was told; 204 unless `reply` says otherwise. */
export async function receiver(reply: Reply = (_, response) => response.writeHead(204).end()) {
  const received: Received[] = [];
  const server = await serve((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const sent = { path: request.url ?? "", headers: request.headers as Record<string, string>, body };
      received.push(sent);
      reply(sent, response);
    });
  });
  return { ...server, received, url: `${server.origin}/hook` };
}

export type WebhookWorld = Awaited<ReturnType<typeof createWebhookWorld>>;

/** A money world with tenants that may have webhooks, and the means to make something happen and to sweep. */
export async function createWebhookWorld() {
  const world = await createMoneyWorld();
  const one = async (sql: string, values: readonly string[]) => (await world.owner.query(sql, values))[0] ?? {};
  return {
    ...world,
    tenant: () => world.account({ key: { scopes: ["submit", "read", "admin"] } }),
    endpoint: async ({ key_sha256 }: Account, url: string, events: EventType[] = [], include_output = false) => {
      const endpoint_id = newId(Date.now(), random.bytes(16));
      const secret = newWebhookSecret(random.bytes(32));
      const made = await createWebhook(world.edge, key_sha256, {
        endpoint_id,
        url,
        events,
        description: null,
        include_output,
        secret,
      });
      if (made.outcome !== "created") throw new Error(made.outcome);
      return { endpoint_id, secret };
    },
    /** A run that is canceled at once: one event, which costs nothing. */
    happen: async (account: Account, webhook_url?: string): Promise<string> => {
      const secret = newWebhookSecret(random.bytes(32));
      const webhook = webhook_url === undefined ? undefined : { url: webhook_url, secret };
      const run = submission(account, { webhook, metadata: { order: "A-1" }, idempotency_key: randomUUID() });
      await world.submit(run);
      const { outcome } = await cancelRun(world.edge, account.key_sha256, run.run_id);
      if (outcome !== "canceled") throw new Error(outcome);
      return run.run_id;
    },
    sweep: async (over: Partial<WebhookSweepDeps> = {}) => {
      const heard = recorder();
      const send = createWebhookSender({ allowHosts: LOCAL });
      const objects = createS3Objects(storeOfResults());
      const clocks = { clock: createClock(), sleeper: createSleeper() };
      const deps = { db: world.backend, send, objects, random, tracer: NO_TRACER, ...clocks, ...heard };
      await sweepWebhooks({ ...deps, ...over }, NEVER);
      objects.close();
      return heard;
    },
    deliveries: async ({ key_sha256 }: Account, endpoint_id?: string) => {
      const page = { endpoint_id, status: undefined, after: undefined, limit: 100 };
      const found = await listWebhookDeliveries(world.edge, key_sha256, page);
      return found.kind === "found" ? found.deliveries : [];
    },
    /** As if the time of every pending delivery had come. */
    hasten: async () => {
      await world.owner.query(
        "UPDATE webhook_deliveries SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL",
        [],
      );
      await world.owner.query("UPDATE webhook_endpoints SET next_due_at = now() WHERE next_due_at IS NOT NULL", []);
    },
    row: (endpoint_id: string) => one("SELECT * FROM webhook_deliveries WHERE endpoint_id = $1", [endpoint_id]),
    endpointRow: (endpoint_id: string) => one("SELECT * FROM webhook_endpoints WHERE endpoint_id = $1", [endpoint_id]),
  };
}
