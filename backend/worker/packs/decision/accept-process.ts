import { serve } from "../isolation/serve.ts";
import { accept, type AnswerText } from "./model.ts";

serve(({ text, inputs }: AnswerText) => accept(text, inputs));
