import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { reportOutcome } from "./report-outcome.ts";

serveOutcomes(reportOutcome);
