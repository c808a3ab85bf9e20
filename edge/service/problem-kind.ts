import type { z } from "zod";
import { PROBLEMS, type ProblemSlug } from "#core/domain/problem.ts";
import type { EdgeRequest } from "../http/context.ts";
import type { problemKind } from "./problem-schema.ts";

export type ProblemKind = z.input<typeof problemKind>;

export const kindOf = (c: EdgeRequest, slug: ProblemSlug): ProblemKind => ({
  type: `${new URL(c.req.url).origin}/problems/${slug}`,
  slug,
  ...PROBLEMS[slug],
});
