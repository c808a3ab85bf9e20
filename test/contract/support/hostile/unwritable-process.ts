import { z } from "zod";
import { serveOutcomes } from "../../../../backend/worker/packs/isolation/serve-outcomes.ts";

/** Data with this in them are no JSON value. */
const NOT_JSON = "not JSON";

// Any other value is given back as it is, of which the offer's schema takes whole numbers.
serveOutcomes({ data: z.strictObject({ answer: z.int() }) }, ({ value }: { readonly value: unknown }) => ({
  kind: "done",
  data: { answer: value === NOT_JSON ? 1n : value },
  artifacts: [],
  units: { base: 1 },
  reliability: 1,
}));
