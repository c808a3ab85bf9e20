import { serve } from "../isolation/serve.ts";
import { type Ranking, rankedReport } from "./report.ts";

serve(({ inputs, sources, model }: Ranking) => rankedReport(inputs, sources, model));
