import { serve } from "../isolation/serve.ts";
import { accept } from "./model.ts";

serve(accept);
