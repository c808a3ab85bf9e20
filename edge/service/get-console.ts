import { html } from "hono/html";
import { Problem } from "#core/domain/problem.ts";
import type { EdgeRequest } from "../http/context.ts";
import { openOperation } from "../http/operation.ts";
import type { Parameter } from "../http/parameters.ts";
import { CONTENT_POLICY } from "../http/safe-headers.ts";
import { textContent } from "../openapi/content.ts";

/** No text ever becomes a script, and the page speaks to this origin alone. */
const POLICY = [
  CONTENT_POLICY,
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const PAGES = ["runs", "new", "ledger", "keys", "webhooks", "settings"] as const;
type PageName = (typeof PAGES)[number];

const pageParameter: Parameter<PageName> = {
  parse: (value = "") => {
    const page = PAGES.find((each) => each === value);
    if (page === undefined) throw new Problem("not-found", "Page not found.");
    return page;
  },
  document: { description: "The page.", schema: { type: "string", enum: PAGES }, example: "runs" },
};

const MAX_ITEM_CHARS = 64;
const itemParameter: Parameter<string> = {
  parse: (value = "") => {
    if (value.length > MAX_ITEM_CHARS) throw new Problem("not-found", "Page not found.");
    return value;
  },
  document: {
    description: "What the page shows: the id of a run or a webhook.",
    schema: { type: "string", minLength: 1, maxLength: MAX_ITEM_CHARS },
    example: "01a1fa37-24d5-77a5-b92c-ccf601371541",
  },
};

const described = {
  method: "GET",
  tag: "service",
  responses: { 200: { description: "The page.", content: textContent("text/html", "<!doctype html>") } },
} as const;

export const getConsole = openOperation({
  ...described,
  id: "getConsole",
  path: "/console",
  summary: "The console",
  description: "A page to see and manage an account in a browser, signed in with an API key. It uses this API alone.",
  handle: ({ c }) => consolePage(c),
});

export const getConsolePage = openOperation({
  ...described,
  id: "getConsolePage",
  path: "/console/{page}",
  summary: "A page of the console",
  description: "The same page; it shows what its address says.",
  params: { page: pageParameter },
  problems: ["not-found"],
  handle: ({ c }) => consolePage(c),
});

export const getConsoleItem = openOperation({
  ...described,
  id: "getConsoleItem",
  path: "/console/{page}/{item}",
  summary: "A run or a webhook in the console",
  description: "The same page; it shows what its address says.",
  params: { page: pageParameter, item: itemParameter },
  problems: ["not-found"],
  handle: ({ c }) => consolePage(c),
});

function consolePage(c: EdgeRequest) {
  c.header("Cache-Control", "public, max-age=300");
  c.header("Content-Security-Policy", POLICY);
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>Decisionproof</title>
          <link rel="icon" href="/favicon.ico" type="image/svg+xml" />
          <link rel="stylesheet" href="/assets/console/console.css" />
          <script type="module" src="/assets/console/console.js"></script>
        </head>
        <body>
          <div id="console"></div>
          <noscript>The console needs JavaScript. The API is described at <a href="/docs">/docs</a>.</noscript>
        </body>
      </html> `,
  );
}
