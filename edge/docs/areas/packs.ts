import { packList, packView } from "../answers/packs.ts";
import { PACK_TYPE } from "../answers/listings.ts";
import { RATE } from "../components.ts";
import { answer, type Area, READ } from "../describe.ts";
import { problems } from "../problems.ts";

const listPacks = {
  operationId: "listPacks",
  "x-scope": "read",
  tags: ["packs"],
  summary: "List packs",
  description: "Everything that can be ordered: what it does, what it takes, what it costs, and a body to start from.",
  responses: { 200: answer("The catalogue.", "PackList", RATE), ...problems("invalid-request", ...READ) },
};

const getPack = {
  operationId: "getPack",
  "x-scope": "read",
  tags: ["packs"],
  summary: "Read a pack",
  description: "One pack of the catalogue.",
  responses: { 200: answer("The pack.", "Pack", RATE), ...problems("invalid-request", "not-found", ...READ) },
};

const packType = {
  name: "type",
  in: "path",
  required: true,
  description: "The pack's type.",
  schema: { type: "string", pattern: PACK_TYPE.source },
  example: "url",
};

export const packs: Area = {
  tag: { name: "packs", description: "What can be ordered." },
  paths: {
    "/v1/packs": { get: listPacks },
    "/v1/packs/{type}": { parameters: [packType], get: getPack },
  },
  answers: { PackList: packList, Pack: packView },
};
