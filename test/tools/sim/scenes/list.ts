import { BOOKS_SCENES } from "./books.ts";
import { OUTAGE_SCENES } from "./outages.ts";
import { RACE_SCENES } from "./races.ts";
import type { Scene } from "./stage.ts";
import { SUBMIT_SCENES } from "./submit.ts";
import { WORK_SCENES } from "./work.ts";

export const SCENES: readonly Scene[] = [
  ...SUBMIT_SCENES,
  ...RACE_SCENES,
  ...WORK_SCENES,
  ...OUTAGE_SCENES,
  ...BOOKS_SCENES,
];
