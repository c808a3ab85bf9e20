import { decisionOffer } from "#core/domain/packs/decision.ts";
import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { reportOutcome } from "./report-outcome.ts";

serveOutcomes(decisionOffer, reportOutcome);
