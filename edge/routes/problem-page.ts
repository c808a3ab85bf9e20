import { accepts } from "hono/accepts";
import { html } from "hono/html";
import type { z } from "zod";
import { isProblemSlug, Problem, PROBLEMS } from "#core/domain/problem.ts";
import type { EdgeHandler } from "../context.ts";
import type { problemKind } from "../docs/answers.ts";
import { CONTENT_POLICY } from "../middleware/safe-headers.ts";

type Kind = z.input<typeof problemKind>;

const JSON_TYPE = "application/json";
const STYLE =
  "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1.5rem;color:#1a1a1a;background:#fff}" +
  "h1{font-size:1.6rem;line-height:1.3}h2{font-size:1rem;margin-bottom:0}p{margin-top:.25rem}code{color:#555}" +
  "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}code{color:#aaa}}";

/** `GET /problems/{slug}`: a page for people, JSON or plain text for who asks for it. */
export function problemPage(): EdgeHandler {
  return (c) => {
    const slug = c.req.param("slug") ?? "";
    if (!isProblemSlug(slug)) throw new Problem("not-found", "There is no such problem.");
    const kind: Kind = { type: `${new URL(c.req.url).origin}/problems/${slug}`, slug, ...PROBLEMS[slug] };
    c.header("Vary", "Accept");
    c.header("Cache-Control", "public, max-age=300");
    const type = accepts(c, { header: "Accept", supports: [JSON_TYPE, "text/html", "text/plain"], default: JSON_TYPE });
    if (type === "text/html") {
      c.header("Content-Security-Policy", `${CONTENT_POLICY}; style-src 'unsafe-inline'`);
      return c.html(page(kind));
    }
    if (type === "text/plain") {
      return c.text(
        `${kind.status} ${kind.slug}: ${kind.title}\n\n${kind.meaning}\n\nWhat to do: ${kind.what_to_do}\n`,
      );
    }
    return c.json(kind);
  };
}

const page = (kind: Kind) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${kind.title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <p><code>${kind.status} ${kind.slug}</code></p>
        <h1>${kind.title}</h1>
        <h2>What it means</h2>
        <p>${kind.meaning}</p>
        <h2>What to do</h2>
        <p>${kind.what_to_do}</p>
      </body>
    </html> `;
