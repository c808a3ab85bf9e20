import { evalOffer } from "#core/domain/packs/eval.ts";
import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { evaluate } from "./evaluate.ts";

serveOutcomes(evalOffer, evaluate);
