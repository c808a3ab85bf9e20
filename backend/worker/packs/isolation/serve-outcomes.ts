import type { PackOffer, PackOutcome } from "#core/domain/pack.ts";
import type { Written } from "#core/domain/written-json.ts";
import { jsonWork } from "../../off-thread/json-work.ts";
import { serve, type Work } from "./serve.ts";

type Done = Extract<PackOutcome, { kind: "done" }>;

/** A pack's outcome between two processes: its data is written where it was made, or why it could not be. */
export type SentOutcome = Exclude<PackOutcome, { kind: "done" }> | (Omit<Done, "data"> & { readonly data: Written });

/** Makes this process serve requests with outcomes of a pack, whose data fit the offer's schema. */
export function serveOutcomes<Request>(
  { data }: Pick<PackOffer, "data">,
  work: Work<Request, PackOutcome>,
  load?: (request: Request) => unknown,
): void {
  serve<Request, SentOutcome>(async (request, enter) => {
    const outcome = await work(request, enter);
    return outcome.kind === "done" ? { ...outcome, data: jsonWork.write(outcome.data, data) } : outcome;
  }, load);
}
