import { z } from "zod";
import { textUpTo } from "#core/domain/bounded.ts";
import { newId } from "#core/domain/ids.ts";
import { isPrintable, PRINTABLE } from "#core/domain/printable.ts";
import { Problem } from "#core/domain/problem.ts";
import { MAX_INLINE_BYTES } from "#core/domain/run-view.ts";
import { EVENT_TYPES, WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { parseWebhookUrl, type WebhookPolicy, webhookUrl } from "#core/domain/webhook-url.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";
import { createWebhook as create } from "#core/store/webhooks/create-webhook.ts";
import { changesHalted, scopeMissing } from "../admission/problems.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { jsonBody, parseJson, validBody } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { LOCATION } from "../openapi/headers.ts";
import { newSecret } from "./new-secret.ts";
import { tooManyNewWebhooks } from "./problems.ts";
import { webhookCreated } from "./schemas.ts";
import { viewWebhook } from "./view.ts";

const webhookRequest = z.strictObject({
  url: webhookUrl,
  events: z
    .array(z.enum(EVENT_TYPES, `must be one of ${EVENT_TYPES.join(", ")}`))
    .max(EVENT_TYPES.length)
    .default([])
    .meta({
      description: "The event types to deliver; all if empty or omitted.",
      examples: [["run.completed", "run.failed"]],
    }),
  include_output: z
    .boolean()
    .default(false)
    .describe(
      `Whether \`run.completed\` carries the run's result, if that has at most ${MAX_INLINE_BYTES} bytes, as \`data.run.output\`. It is null if the result is larger, or could not be read when the event was sent: then read \`data.run.links.output\`. A body is at most ${WEBHOOK_LIMITS.max_body_bytes} bytes in any case. Needs the scope \`read\` too.`,
    ),
  description: textUpTo(WEBHOOK_LIMITS.max_description_chars)
    .min(1)
    .refine(isPrintable, PRINTABLE)
    .optional()
    .meta({ description: "What it is for, in the caller's own words.", examples: ["Orders"] }),
});

/** With the address in normal form, if the deployment's policy allows it. */
const allowedBy = (policy: WebhookPolicy) =>
  webhookRequest.transform((request, context) => {
    const address = parseWebhookUrl(request.url, policy);
    if ("href" in address) return { ...request, url: address.href };
    context.addIssue({ code: "custom", path: ["url"], message: address.error, input: request.url });
    return z.NEVER;
  });

export const createWebhook = operation({
  id: "createWebhook",
  method: "POST",
  path: "/v1/webhooks",
  scope: "admin",
  tag: "webhooks",
  summary: "Create a webhook",
  description: `Delivers events to its address from now on, signed according to Standard Webhooks. A delivery that gets no 2xx within 15 seconds is retried for about three days, with the same \`webhook-id\`. Accounts take turns: an endpoint that takes 5 seconds or longer to respond gets fewer deliveries at a time, and does not delay other accounts. For runs that cost nothing, except failures of the service, an account gets ${WEBHOOK_LIMITS.max_unpaid_per_hour} deliveries per hour (UTC), including redeliveries and test events; the others are listed as \`skipped\`, and can be redelivered in a later hour.`,
  body: {
    ...jsonBody("CreateWebhook", webhookRequest),
    parse: (bytes, { webhook_policy }: { readonly webhook_policy: WebhookPolicy }) =>
      validBody(allowedBy(webhook_policy), bytes === undefined ? {} : parseJson(bytes)),
  },
  responses: {
    201: { description: "The webhook, with its secret.", schema: webhookCreated, headers: LOCATION },
  },
  problems: ["too-many-webhooks", "read-only"],
  async handle(
    { caller, body: request, change, json },
    deps: ShieldDeps & { readonly clock: Clock; readonly random: Random },
  ) {
    const webhook = {
      endpoint_id: newId(deps.clock.now(), deps.random.bytes(16)),
      url: request.url,
      events: [...new Set(request.events)],
      description: request.description ?? null,
      include_output: request.include_output,
      secret: newSecret(deps),
    };
    const result = await change(() => create(deps.db, caller.key_sha256, webhook));
    if (result.outcome === "too-many") throw new Problem("too-many-webhooks");
    if (result.outcome === "too-fast") throw tooManyNewWebhooks();
    if (result.outcome === "read-scope-missing") throw scopeMissing("read");
    if (result.outcome !== "created") throw changesHalted();
    const { secret, ...shown } = webhook;
    const view = viewWebhook({ ...shown, status: "active", disabled_reason: null, created_at: result.created_at });
    return json(201, { ...view, secret }, { Location: `/v1/webhooks/${webhook.endpoint_id}` });
  },
});
