export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

/** Why there was no answer. Of the first two no packet was sent to the target. */
type WebhookFault = "address-not-allowed" | "dns" | "connection" | "timeout";

export type WebhookResponse =
  | { readonly kind: "answered"; readonly status: number; readonly retry_after_seconds: number }
  | { readonly kind: "unanswered"; readonly fault: WebhookFault };

/** POSTs to a public address and follows no redirect. Never rejects for what the target does. */
export type WebhookSender = (request: WebhookRequest) => Promise<WebhookResponse>;
