import type { z } from "zod";
import type { EdgeHandler } from "../http/context.ts";
import type { health as healthView } from "./schemas.ts";

/** `GET /health`: this process answers; nothing else is asked. */
export function health(deps: { readonly version: string }): EdgeHandler {
  return (c) => c.json({ status: "healthy", version: deps.version } satisfies z.input<typeof healthView>);
}
