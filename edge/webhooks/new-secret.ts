import { newWebhookSecret, WEBHOOK_SECRET_BYTES } from "#core/domain/webhook.ts";
import type { Random } from "#core/ports/random.ts";

export const newSecret = ({ random }: { readonly random: Random }): string =>
  newWebhookSecret(random.bytes(WEBHOOK_SECRET_BYTES));
