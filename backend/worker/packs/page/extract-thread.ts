import { parentPort, workerData } from "node:worker_threads";
import { extractPage, type PageRequest } from "./extract-page.ts";
import type { PageContent } from "./page-content.ts";

export type ThreadAnswer =
  | { readonly kind: "ok"; readonly page: PageContent }
  | { readonly kind: "failed"; readonly error: string };

function answer(): ThreadAnswer {
  try {
    return { kind: "ok", page: extractPage(workerData as PageRequest) };
  } catch (error) {
    return { kind: "failed", error: error instanceof Error ? error.name : "unknown" };
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage(answer());
