import type { z } from "zod";
import { PROBLEMS, type ProblemSlug, problemType } from "#core/domain/problem.ts";
import type { EdgeRequest } from "../http/context.ts";
import type { problemKind } from "./problem-schema.ts";

export type ProblemKind = z.input<typeof problemKind>;

export const kindOf = (c: EdgeRequest, slug: ProblemSlug): ProblemKind => ({
  type: problemType(slug, c.get("origin")),
  code: slug,
  ...PROBLEMS[slug],
});
