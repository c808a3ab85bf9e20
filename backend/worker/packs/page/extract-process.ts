import { type DocumentRequest, readDocument, type Reading } from "./read-document.ts";

/** Any number of `searching`, then one of the others for each request. */
export type ReadMessage =
  | { readonly kind: "searching" }
  | { readonly kind: "ok"; readonly reading: Reading }
  | { readonly kind: "failed"; readonly error: string };

const tell = (message: ReadMessage): void => void process.send?.(message);

process.on("message", (request: DocumentRequest) => {
  readDocument(request, () => tell({ kind: "searching" })).then(
    (reading) => tell({ kind: "ok", reading }),
    (error: unknown) => tell({ kind: "failed", error: error instanceof Error ? error.name : "unknown" }),
  );
});
// The worker that asked is gone.
process.on("disconnect", () => process.exit());
