import { RPC, RpcError } from "./protocol.ts";

export const about = (deps: { readonly version: string }) => ({
  name: "decisionproof",
  title: "Decisionproof",
  version: deps.version,
});

export const INSTRUCTIONS =
  "Paid units of work. list_packs tells what there is and estimate_run what it would cost; submit_run reserves max_cost_usd and starts the work, under an idempotency_key that every retry repeats; get_run tells its status and get_result where its result can be downloaded. Only submit_run spends money. An error is a problem document as over HTTP: its `type` is a page that says what to do.";

/** There is one page. */
export function cursorless({ cursor }: { readonly cursor?: string | undefined }): void {
  if (cursor !== undefined) throw new RpcError(RPC.invalid_params, "Unknown cursor.");
}
