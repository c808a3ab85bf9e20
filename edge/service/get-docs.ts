import { html } from "hono/html";
import { openOperation } from "../http/operation.ts";
import { apiPage, PAGE_RESPONSES, STYLED } from "./api-page.ts";

/** Served by the platform from what `backend/assets` gathers; the version is part of the address. */
const SWAGGER_UI = "/assets/swagger-ui-5.35.0";

export const getDocs = openOperation({
  id: "getDocs",
  method: "GET",
  path: "/docs",
  tag: "service",
  summary: "This API in Swagger UI",
  description: "A page to read about the API and to try it.",
  responses: PAGE_RESPONSES,
  handle: ({ c }) =>
    apiPage(c, {
      policy: STYLED,
      head: html`<link rel="stylesheet" href="${SWAGGER_UI}/swagger-ui.css" />`,
      body: html`<div id="swagger-ui"></div>
        <script src="${SWAGGER_UI}/swagger-ui-bundle.js"></script>
        <script src="/assets/swagger-start.js"></script>`,
    }),
});
