import { packList, packView } from "../../packs/schemas.ts";
import { PACK_TYPE } from "../../openapi/listings.ts";
import { RATE } from "../../openapi/components.ts";
import { response, type Resource, READ } from "../../openapi/describe.ts";
import { problems } from "../../openapi/problems.ts";

const listPacks = {
  operationId: "listPacks",
  "x-scope": "read",
  tags: ["packs"],
  summary: "List packs",
  description: "Everything that can be ordered: what it does, what it takes, what it costs, and a body to start from.",
  responses: { 200: response("The catalogue.", "PackList", RATE), ...problems("invalid-request", ...READ) },
};

const getPack = {
  operationId: "getPack",
  "x-scope": "read",
  tags: ["packs"],
  summary: "Read a pack",
  description: "One pack of the catalogue, as the list has it.",
  responses: { 200: response("The pack.", "Pack", RATE), ...problems("invalid-request", "not-found", ...READ) },
};

const packType = {
  name: "type",
  in: "path",
  required: true,
  description: "The pack's type.",
  schema: { type: "string", pattern: PACK_TYPE.source },
  example: "url",
};

export const packs: Resource = {
  tag: { name: "packs", description: "What can be ordered." },
  paths: {
    "/v1/packs": { get: listPacks },
    "/v1/packs/{type}": { parameters: [packType], get: getPack },
  },
  answers: { PackList: packList, Pack: packView },
};
