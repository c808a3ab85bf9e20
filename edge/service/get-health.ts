import { VERSION } from "#core/domain/version.ts";
import { openOperation } from "../http/operation.ts";
import { health } from "./schemas.ts";

export const getHealth = openOperation({
  id: "getHealth",
  method: "GET",
  path: "/health",
  tag: "service",
  summary: "Is the edge alive",
  description: "Answers without asking any store.",
  responses: { 200: { description: "It is.", schema: health } },
  handle: ({ json }, deps: { readonly build: string }) =>
    json(200, { status: "healthy", version: VERSION, build: deps.build }),
});
