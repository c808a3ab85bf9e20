import { z } from "zod";
import { newId } from "#core/domain/ids.ts";
import { Problem } from "#core/domain/problem.ts";
import { parseWebhookUrl } from "#core/domain/webhook-url.ts";
import type { Clock } from "#core/ports/clock.ts";
import { createWebhook as create, type NewWebhook } from "#core/store/webhooks/create-webhook.ts";
import { callerOf } from "../admission/authenticate.ts";
import { parseJson, readBody } from "../http/body.ts";
import { change } from "../admission/change.ts";
import type { EdgeHandler } from "../http/context.ts";
import type { webhookCreated } from "./schemas.ts";
import { webhookRequest } from "../docs/requests/webhooks.ts";
import { bodyProblem } from "../http/field-errors.ts";
import { readValid } from "../admission/read-body.ts";
import { changesHalted, tooManyNewWebhooks } from "../admission/refusals.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { concluded, secretFrom, type WebhookDeps } from "./webhook-request.ts";
import { webhookOf } from "./view.ts";

type CreateDeps = WebhookDeps & { readonly clock: Clock };

/** `POST /v1/webhooks` */
export function createWebhook(deps: CreateDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    readQuery(c, NO_QUERY);
    const webhook = await readValid(deps, caller, () => readWebhook(deps, c.req.raw));
    const outcome = await change(deps, caller, "admin", {
      act: () => create(deps.db, caller.key_sha256, webhook),
      conclude: (answer) => {
        if (answer.outcome === "created") return answer.created_at;
        if (answer.outcome === "too-many") return new Problem("too-many-webhooks");
        return answer.outcome === "too-fast" ? tooManyNewWebhooks() : changesHalted();
      },
    });
    const created_at = concluded(c, outcome);
    const view = webhookOf({ ...webhook, status: "active", disabled_reason: null, created_at });
    const body: z.input<typeof webhookCreated> = { ...view, secret: webhook.secret };
    return c.json(body, 201, { Location: `/v1/webhooks/${webhook.endpoint_id}` });
  };
}

async function readWebhook(deps: CreateDeps, request: Request): Promise<NewWebhook> {
  const parsed = webhookRequest
    .transform((wanted, context) => {
      const address = parseWebhookUrl(wanted.url, deps.webhook_policy);
      if ("href" in address) return { ...wanted, url: address.href };
      context.addIssue({ code: "custom", path: ["url"], message: address.error, input: wanted.url });
      return z.NEVER;
    })
    .safeParse(parseJson(await readBody(request)));
  if (!parsed.success) throw bodyProblem(parsed.error);
  const { url, events, description } = parsed.data;
  return {
    endpoint_id: newId(deps.clock.now(), deps.random.bytes(16)),
    url,
    events: [...new Set(events)],
    description: description ?? null,
    secret: secretFrom(deps),
  };
}
