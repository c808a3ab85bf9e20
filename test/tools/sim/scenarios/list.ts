import { BATCH_SCENARIOS } from "./batches.ts";
import { LEDGER_SCENARIOS } from "./ledger.ts";
import { OUTAGE_SCENARIOS } from "./outages.ts";
import { RACE_SCENARIOS } from "./races.ts";
import type { Scenario } from "./stage.ts";
import { SUBMIT_SCENARIOS } from "./submit.ts";
import { WORK_SCENARIOS } from "./work.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...SUBMIT_SCENARIOS,
  ...RACE_SCENARIOS,
  ...WORK_SCENARIOS,
  ...OUTAGE_SCENARIOS,
  ...LEDGER_SCENARIOS,
  ...BATCH_SCENARIOS,
];
