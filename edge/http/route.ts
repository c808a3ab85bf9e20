import { matchedRoutes } from "hono/route";
import type { EdgeRequest } from "./context.ts";

/** Others are the client's own words, which are no label. */
const METHODS = new Set(["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"]);

export const methodOf = (c: EdgeRequest): string => (METHODS.has(c.req.method) ? c.req.method : "other");

const MIDDLEWARE = "/*";

/** The path of the operation that is served, as the document writes it: `/v1/keys/{id}`. Undefined: there is no route. */
export function routeOf(c: EdgeRequest): string | undefined {
  const served = matchedRoutes(c).find(({ path }) => path !== MIDDLEWARE);
  return served?.path.replaceAll(/:(\w+)/g, "{$1}");
}
