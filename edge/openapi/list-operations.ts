import { z } from "zod";
import type { Json } from "./json.ts";

/** What one operation is called and what it needs, as the document says it. */
export interface DocumentedOperation {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly open: boolean;
}

const operation = z.object({
  summary: z.string(),
  description: z.string(),
  security: z.array(z.unknown()).optional(),
});
const METHODS = ["get", "post", "put", "patch", "delete"];

/** Every operation of a document, in its order. */
export function listOperations(document: Json): readonly DocumentedOperation[] {
  return Object.entries(document["paths"] as Json).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const found = operation.safeParse((item as Json)[method]).data;
      if (found === undefined) return [];
      const { summary, description, security } = found;
      return [{ method: method.toUpperCase(), path, summary, description, open: security?.length === 0 }];
    }),
  );
}
