import { RPC, RpcError } from "./protocol.ts";

export const about = (deps: { readonly version: string }) => ({
  name: "decisionproof",
  title: "Decisionproof",
  version: deps.version,
});

export const INSTRUCTIONS =
  "Paid units of work. submit_run reserves max_cost_usd and starts the work; only it spends money. Give it an idempotency_key and repeat that on every retry, and wait_seconds to have the result in the answer; else get_run tells the status and get_result the result. estimate_run tells the price before. An error is a problem document: its `type` is a page that says what to do.";

/** There is one page. */
export function cursorless({ cursor }: { readonly cursor?: string | undefined }): void {
  if (cursor !== undefined) throw new RpcError(RPC.invalid_params, "Unknown cursor.");
}
