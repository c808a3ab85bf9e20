import { html } from "hono/html";
import { openOperation } from "../http/operation.ts";
import { apiPage, PAGE_RESPONSES, STYLED } from "./api-page.ts";

/** Served by the platform from what `backend/assets` gathers; the version is part of the address. */
const REDOC = "/assets/redoc-2.5.4";
/** Redoc's search runs in a worker that it makes itself. */
const SEARCHED = "worker-src blob:";

export const getRedoc = openOperation({
  id: "getRedoc",
  method: "GET",
  path: "/redoc",
  tag: "service",
  summary: "This API in Redoc",
  description: "A page to read about the API.",
  responses: PAGE_RESPONSES,
  handle: ({ c }) =>
    apiPage(c, {
      policy: `${STYLED}; ${SEARCHED}`,
      head: html``,
      body: html`<redoc spec-url="/openapi.json"></redoc>
        <script src="${REDOC}/redoc.standalone.js"></script>`,
    }),
});
