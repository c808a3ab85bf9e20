import { Problem } from "#core/domain/problem.ts";
import { WEBHOOK_LIMITS } from "#core/domain/webhook.ts";

export const webhookNotFound = () => new Problem("not-found", "Webhook not found.");

export const deliveryNotFound = () => new Problem("not-found", "Delivery not found.");

export const tooManyNewWebhooks = () =>
  new Problem(
    "too-many-webhooks",
    `The account has created ${WEBHOOK_LIMITS.max_new_endpoints_a_day} webhooks within 24 hours, which is the maximum. Wait until the first of them is 24 hours old.`,
  );

export const tooManyDeliveries = (retry_after_s: number) =>
  new Problem(
    "rate-limited",
    `The account has had ${WEBHOOK_LIMITS.max_unpaid_per_hour} unpaid webhook deliveries in this hour (UTC), including redeliveries and test events, which is the maximum.`,
    { retry_after_s },
  );
