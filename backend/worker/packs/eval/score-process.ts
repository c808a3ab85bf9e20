import { serve } from "../isolation/serve.ts";
import { score } from "./score.ts";

serve(score);
