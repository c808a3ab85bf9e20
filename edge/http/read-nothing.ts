import { z } from "zod";
import { parseJson, readOptionalBody } from "./body.ts";
import { bodyProblem } from "./field-errors.ts";

const nothing = z.strictObject({});

/** For an operation that takes no body; an empty object is none. */
export async function readNothing(request: Request): Promise<void> {
  const bytes = await readOptionalBody(request);
  if (bytes === undefined) return;
  const parsed = nothing.safeParse(parseJson(bytes));
  if (!parsed.success) throw bodyProblem(parsed.error);
}
