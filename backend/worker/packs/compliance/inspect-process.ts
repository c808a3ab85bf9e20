import { serve } from "../isolation/serve.ts";
import { inspect } from "./inspect.ts";

serve(inspect);
