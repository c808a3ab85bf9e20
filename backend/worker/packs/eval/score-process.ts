import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { evaluate } from "./evaluate.ts";

serveOutcomes(evaluate);
