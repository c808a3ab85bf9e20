import { Problem } from "#core/domain/problem.ts";
import { WEBHOOK_LIMITS } from "#core/domain/webhook.ts";

export const noSuchWebhook = () => new Problem("not-found", "There is no such webhook.");

export const noSuchDelivery = () => new Problem("not-found", "There is no such delivery.");

export const tooManyNewWebhooks = () =>
  new Problem(
    "too-many-webhooks",
    `The account has made ${WEBHOOK_LIMITS.max_new_endpoints_a_day} webhooks within 24 hours, the most there may be: wait until the first of them is a day old.`,
  );

export const tooManyDeliveries = (retry_after_s: number) =>
  new Problem(
    "rate-limited",
    `In this hour (UTC) the account has had ${WEBHOOK_LIMITS.max_unpaid_per_hour} webhook deliveries that cost nothing, those asked for again among them: the most there may be.`,
    { retry_after_s },
  );
