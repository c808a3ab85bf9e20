import type { CancelDeps } from "../runs/cancel.ts";
import type { ReadBodyDeps } from "../admission/read-body.ts";
import type { DownloadDeps } from "../runs/download.ts";
import type { InlineOutputDeps } from "../runs/inline-output.ts";
import type { SubmitDeps } from "../runs/submit.ts";
import type { ReadRunDeps } from "../runs/read-run-request.ts";
import type { WatchDeps } from "../runs/watch-run.ts";
import type { OriginDeps } from "./origin.ts";

export type McpDeps = Omit<SubmitDeps & CancelDeps, "defer"> &
  ReadBodyDeps &
  DownloadDeps &
  InlineOutputDeps &
  WatchDeps &
  ReadRunDeps &
  OriginDeps & { readonly version: string };
