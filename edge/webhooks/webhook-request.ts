import { uuid } from "#core/domain/ids.ts";
import { Problem } from "#core/domain/problem.ts";
import { newWebhookSecret, WEBHOOK_SECRET_BYTES } from "#core/domain/webhook.ts";
import type { WebhookPolicy } from "#core/domain/webhook-url.ts";
import type { Random } from "#core/ports/random.ts";
import type { EdgeRequest } from "../http/context.ts";
import type { ReadBodyDeps } from "../admission/read-body.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import type { Outcome } from "../runs/submit.ts";

/** What the routes of webhooks use. */
export type WebhookDeps = ShieldDeps &
  ReadBodyDeps & { readonly random: Random; readonly webhook_policy: WebhookPolicy };

/** In a path: the endpoint of what goes to runs' own addresses. */
const DEFAULT = "default";

export const secretFrom = ({ random }: Pick<WebhookDeps, "random">): string =>
  newWebhookSecret(random.bytes(WEBHOOK_SECRET_BYTES));

/** An id in the path. Throws the 400 problem for what is none. */
export function idOf(c: EdgeRequest, name: "id" | "delivery_id"): string {
  const id = uuid.safeParse(c.req.param(name));
  if (id.success) return id.data;
  throw new Problem("invalid-request", `The ${name} in the path is not a UUID.`, {
    errors: [{ parameter: name, detail: "is not a UUID" }],
  });
}

/** The endpoint that the path names; undefined for the default one. */
export const endpointOf = (c: EdgeRequest): string | undefined =>
  c.req.param("id") === DEFAULT ? undefined : idOf(c, "id");

/** What was found or done, or the problem thrown; where the caller stands goes with either. */
export function concluded<T>(c: EdgeRequest, { rate, verdict }: Outcome<T>): T {
  if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
  if (verdict instanceof Problem) throw verdict;
  return verdict;
}
