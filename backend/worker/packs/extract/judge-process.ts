import { serve } from "../isolation/serve.ts";
import { judge } from "./judge.ts";

serve(judge);
