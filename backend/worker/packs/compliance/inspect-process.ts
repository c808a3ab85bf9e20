import { complianceOffer } from "#core/domain/packs/compliance.ts";
import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { inspect } from "./inspect.ts";

serveOutcomes(complianceOffer, inspect);
