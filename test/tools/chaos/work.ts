import { micros, formatUsd } from "#core/domain/money.ts";
import type { Payload } from "./client.ts";
import type { Seeded } from "./seeded.ts";
import type { Pages } from "./slow-page.ts";

/** Most decisions cost 0.0110; what is reserved for them is more. */
const DECISION_RESERVES = [15_000, 20_000, 50_000] as const;
const URL_RESERVE = 20_000;

/** A run to ask for; `question` makes it another payload than any before. */
export function newPayload(random: Seeded, pages: Pages, question: string): Payload {
  if (random.chance(0.15)) return url(random, pages);
  const reserve = random.pick(DECISION_RESERVES);
  return {
    reserve,
    body: {
      pack_type: "decision",
      max_cost_usd: formatUsd(micros(reserve)),
      inputs: {
        question,
        mode: "brief",
        options: ["tea", "coffee"],
        criteria: [{ name: "calm", weight: 1, direction: "max" }],
        scores: { tea: { calm: random.whole(1, 9) }, coffee: { calm: 3 } },
      },
    },
  };
}

/** A fetch that takes its time; some meet no page, some never end, and some the worker refuses before any work. */
function url(random: Seeded, pages: Pages): Payload {
  const kind = random.choose({ slow: 88, gone: 5, never: 4, refused: 3 });
  const address = {
    slow: pages.url(`/slow?ms=${random.whole(20, random.chance(0.2) ? 5_000 : 1_000)}`),
    gone: pages.url("/gone"),
    never: pages.url("/never"),
    refused: "http://127.0.0.1:80/",
  }[kind];
  return {
    reserve: URL_RESERVE,
    body: {
      pack_type: "url",
      max_cost_usd: formatUsd(micros(URL_RESERVE)),
      timebox_sec: kind === "never" ? 2 : 30,
      inputs: { url: address, format: "text" },
    },
  };
}
