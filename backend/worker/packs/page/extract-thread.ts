import { parentPort } from "node:worker_threads";
import { type DocumentRequest, readDocument, type Reading } from "./read-document.ts";

/** Any number of `searching`, then one of the others for each request. */
export type ThreadMessage =
  | { readonly kind: "searching" }
  | { readonly kind: "ok"; readonly reading: Reading }
  | { readonly kind: "failed"; readonly error: string };

function tell(message: ThreadMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(message);
}

parentPort?.on("message", (request: DocumentRequest) => {
  readDocument(request, () => tell({ kind: "searching" })).then(
    (reading) => tell({ kind: "ok", reading }),
    (error: unknown) => tell({ kind: "failed", error: error instanceof Error ? error.name : "unknown" }),
  );
});
