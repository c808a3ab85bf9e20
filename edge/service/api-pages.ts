import { html } from "hono/html";
import type { EdgeHandler, EdgeRequest } from "../http/context.ts";
import { CONTENT_POLICY } from "../http/safe-headers.ts";

/** Served by the platform from what `backend/assets` gathers; the version is part of the address. */
const SWAGGER_UI = "/assets/swagger-ui-5.35.0";
const REDOC = "/assets/redoc-2.5.4";

const OWN_ORIGIN = `${CONTENT_POLICY}; script-src 'self'; connect-src 'self'; img-src 'self' data:`;
/** Both set styles on elements that they make. */
const STYLED = "style-src 'self' 'unsafe-inline'";
/** Redoc's search runs in a worker that it makes itself. */
const SEARCHED = "worker-src blob:";

/** `GET /docs`: the API in Swagger UI, to read and to try. */
export function swaggerPage(): EdgeHandler {
  return (c) =>
    answer(c, {
      policy: `${OWN_ORIGIN}; ${STYLED}`,
      head: html`<link rel="stylesheet" href="${SWAGGER_UI}/swagger-ui.css" />`,
      body: html`<div id="swagger-ui"></div>
        <script src="${SWAGGER_UI}/swagger-ui-bundle.js"></script>
        <script src="/assets/swagger-start.js"></script>`,
    });
}

/** `GET /redoc`: the API in Redoc, to read. */
export function redocPage(): EdgeHandler {
  return (c) =>
    answer(c, {
      policy: `${OWN_ORIGIN}; ${STYLED}; ${SEARCHED}`,
      head: html``,
      body: html`<redoc spec-url="/openapi.json"></redoc>
        <script src="${REDOC}/redoc.standalone.js"></script>`,
    });
}

type Html = ReturnType<typeof html>;

function answer(c: EdgeRequest, page: { readonly policy: string; readonly head: Html; readonly body: Html }) {
  c.header("Cache-Control", "public, max-age=300");
  c.header("Content-Security-Policy", page.policy);
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>Decisionproof: the API</title>
          <link rel="icon" href="data:," />
          <style>
            body {
              margin: 0;
              background: #fff;
            }
          </style>
          ${page.head}
        </head>
        <body>
          ${page.body}
        </body>
      </html> `,
  );
}
