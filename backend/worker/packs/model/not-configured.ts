import type { PackOutcome } from "#core/domain/pack.ts";

/** How work ends that only a model can do, where the worker has none: at no cost. */
export const MODEL_NOT_CONFIGURED: PackOutcome = {
  kind: "input_rejected",
  reason_code: "MODEL_NOT_CONFIGURED",
  detail: "Only a model can do this work, and this service has none configured.",
};
