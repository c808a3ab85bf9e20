import { z } from "zod";
import { serveOutcomes } from "../../../../backend/worker/packs/isolation/serve-outcomes.ts";

// Its data are no JSON value.
serveOutcomes({ data: z.unknown() }, () => ({
  kind: "done",
  data: { big: 1n },
  artifacts: [],
  units: { base: 1 },
  reliability: 1,
}));
