import { listOwnKeys } from "#core/store/keys/list-own-keys.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { idCursor, linkToNext, NO_CURSOR, pagesOf } from "../http/cursor.ts";
import { invalidQuery } from "../http/field-errors.ts";
import { operation } from "../http/operation.ts";
import { queryOf } from "../http/query.ts";
import { cursorParameter, limit } from "../http/query-parameters.ts";
import { NEXT } from "../openapi/headers.ts";
import { KEY_ID } from "./key-id.ts";
import { keyList } from "./schemas.ts";
import { viewKey } from "./view.ts";

const PAGES = pagesOf("keys", {});

export const listKeys = operation({
  id: "listKeys",
  method: "GET",
  path: "/v1/keys",
  scope: "admin",
  tag: "keys",
  summary: "List the API keys",
  description:
    "All keys of the account, newest first, including revoked and expired ones. The keys themselves are not shown.",
  query: queryOf({
    limit: limit({ max: 100, default: 50 }),
    cursor: cursorParameter(idCursor("keys"), PAGES.cursor({ id: KEY_ID })),
  }),
  responses: { 200: { description: "The keys.", schema: keyList, headers: NEXT } },
  async handle({ c, caller, query, read, json }, deps: ShieldDeps) {
    const { limit: shown } = query;
    const after = PAGES.after(query.cursor)?.id;
    // One more than is shown: whether there are more.
    const found = await read(() => listOwnKeys(deps.db, caller.key_sha256, { after, limit: shown + 1 }));
    if (found.kind !== "found") throw invalidQuery([{ parameter: "cursor", detail: NO_CURSOR }]);
    const keys = found.keys.slice(0, shown);
    const last = found.keys.length > shown ? keys.at(-1) : undefined;
    const next_cursor = last === undefined ? null : PAGES.cursor({ id: last.key_id });
    return json(200, { keys: keys.map(viewKey), next_cursor }, linkToNext(c, next_cursor));
  },
});
