import type { CancelDeps } from "../cancel.ts";
import type { ReadBodyDeps } from "../admission/read-body.ts";
import type { DownloadDeps } from "../routes/get-result.ts";
import type { SubmitDeps } from "../submit.ts";
import type { ReadRunDeps } from "../read-run-request.ts";
import type { WatchDeps } from "../watch-run.ts";
import type { OriginDeps } from "./origin.ts";

export type McpDeps = Omit<SubmitDeps & CancelDeps, "defer"> &
  ReadBodyDeps &
  DownloadDeps &
  WatchDeps &
  ReadRunDeps &
  OriginDeps & { readonly version: string };
