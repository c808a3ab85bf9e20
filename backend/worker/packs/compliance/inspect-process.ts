import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { inspect } from "./inspect.ts";

serveOutcomes(inspect);
