import type { LabelsOf } from "#core/domain/metric.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { Pack } from "./packs/pack.ts";

/** The same packs, which count their runs in progress and how long each took, its waits for a process included. */
export const measurePacks = (packs: ReadonlyMap<string, Pack>, metrics: Metrics): ReadonlyMap<string, Pack> =>
  new Map([...packs].map(([pack_type, pack]) => [pack_type, measured(pack, metrics)]));

function measured(pack: Pack, metrics: Metrics): Pack {
  const pack_type = pack.offer.type;
  let running = 0;
  const show = (change: 1 | -1) => metrics.gauge("runs_in_flight", (running += change), { pack_type });
  return {
    offer: pack.offer,
    async run(inputs, context) {
      const began = performance.now();
      let kind: LabelsOf<"run_seconds">["kind"] = "interrupted";
      show(1);
      try {
        const outcome = await pack.run(inputs, context);
        kind = outcome.kind;
        return outcome;
      } finally {
        show(-1);
        metrics.observe("run_seconds", (performance.now() - began) / 1_000, { pack_type, kind });
      }
    },
  };
}
