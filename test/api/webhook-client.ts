import { expect } from "vitest";
import * as answers from "../../edge/webhooks/schemas.ts";
import { type ApiResponse, acceptedRun, bearer, call, cancelRun, post, work } from "./client.ts";
import type { Account } from "../dev/add-tenant.ts";
import type { World } from "./harness.ts";
import { fanOutAll } from "./send.ts";

export const HOOK_URL = "https://hooks.example.com/decisionproof?tenant=1";

export type WebhookClient = ReturnType<typeof webhookClient>;

/** What tests ask of webhooks over HTTP. */
export function webhookClient(world: World) {
  const ask = (method: string, path: string, { api_key }: Account, body?: unknown): Promise<ApiResponse> =>
    call(`${world.url}/v1/webhooks${path}`, {
      method,
      headers: { ...bearer(api_key), ...(body !== undefined && { "Content-Type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    ask,
    tenant: () => world.account({ key: { scopes: ["submit", "read", "admin"] } }),
    create: async (of: Account, body: Record<string, unknown> = {}) => {
      const answer = await ask("POST", "", of, { url: HOOK_URL, ...body });
      expect(answer.status, answer.text).toBe(201);
      return answers.webhookCreated.parse(answer.body);
    },
    /** A run that is canceled at once, and its event as the reaper hands it out: to nobody yet. */
    happen: async (of: Account, change: Record<string, unknown> = {}): Promise<string> => {
      const run = acceptedRun(await post({ url: world.url, api_key: of.api_key, body: work(change) }));
      expect((await cancelRun(`${world.url}/v1/runs/${run.run_id}`, of.api_key)).status).toBe(200);
      await fanOutAll(world.backend);
      return run.run_id;
    },
    pageOf: async (path: string, of: Account) => answers.deliveryPage.parse((await ask("GET", path, of)).body),
  };
}
