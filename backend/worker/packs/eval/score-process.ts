import { z } from "zod";
import { evalOffer } from "#core/domain/packs/eval.ts";
import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { workOn } from "./evaluate.ts";
import { gradingList } from "./grades.ts";

serveOutcomes({ data: z.union([evalOffer.data, gradingList]) }, workOn);
