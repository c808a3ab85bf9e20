import { html } from "hono/html";
import type { EdgeRequest } from "../http/context.ts";
import { CONTENT_POLICY } from "../http/safe-headers.ts";
import { textContent } from "../openapi/content.ts";

const OWN_ORIGIN = `${CONTENT_POLICY}; script-src 'self'; connect-src 'self'; img-src 'self' data:`;
/** Both pages set styles on elements that they make. */
export const STYLED = "style-src 'self' 'unsafe-inline'";

export const PAGE_RESPONSES = {
  200: { description: "The page.", content: textContent("text/html", "<!doctype html>") },
};

type Html = ReturnType<typeof html>;

export function apiPage(c: EdgeRequest, page: { readonly policy: string; readonly head: Html; readonly body: Html }) {
  c.header("Cache-Control", "public, max-age=300");
  c.header("Content-Security-Policy", `${OWN_ORIGIN}; ${page.policy}`);
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>Decisionproof: the API</title>
          <link rel="icon" href="/favicon.ico" type="image/svg+xml" />
          <style>
            body {
              margin: 0;
              background: #fff;
            }
            .dark-mode body {
              background: none;
            }
          </style>
          ${page.head}
        </head>
        <body>
          <main>${page.body}</main>
        </body>
      </html> `,
  );
}
