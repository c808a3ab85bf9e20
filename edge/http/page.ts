import { accepts } from "hono/accepts";
import { html } from "hono/html";
import type { EdgeRequest } from "./context.ts";
import { CONTENT_POLICY } from "./safe-headers.ts";

const JSON_TYPE = "application/json";
const STYLE =
  "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:56rem;margin:4rem auto;padding:0 1.5rem;color:#1a1a1a;background:#fff}" +
  "table{border-collapse:collapse;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;border-top:1px solid #8884}" +
  "header{font-size:.9rem}h1{font-size:1.6rem;line-height:1.3}h2{font-size:1rem;margin:2rem 0 .5rem}p{margin-top:.25rem;max-width:42rem}td:nth-child(3){min-width:16rem}code{color:#555}a{color:inherit}" +
  "h3{font-size:1rem;margin:1.5rem 0 .25rem}pre{overflow:auto;max-height:24rem;padding:.75rem;border:1px solid #8884;font-size:.85rem;line-height:1.45}pre code{color:inherit}" +
  "ul{padding:0;list-style:none;max-width:48rem;font-size:.95rem;overflow-wrap:anywhere}li{margin:.35rem 0}.level1{margin-left:1.5rem}.level2{margin-left:3rem}.level3{margin-left:4.5rem}.level4{margin-left:6rem}" +
  // On a narrow screen a row is a block: three columns of a price list are too thin to read.
  "@media(max-width:40rem){body{margin:2rem auto}thead{display:none}tr,th,td{display:block}tr{border-top:1px solid #8884;padding:.5rem 0}th,td{border:0;padding:.15rem 0}}" +
  "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}code{color:#aaa}}";

const PAGE_POLICY = `${CONTENT_POLICY}; img-src 'self'; style-src 'unsafe-inline'`;

type Html = ReturnType<typeof html>;

interface Forms {
  readonly json: object;
  readonly html: { readonly title: string; readonly body: Html };
  readonly text?: string;
}

/** One thing in the form that the caller asks for: JSON unless a page or, where there is one, plain text is preferred. */
export function answerInForm(c: EdgeRequest, forms: Forms) {
  c.header("Vary", "Accept");
  c.header("Cache-Control", "public, max-age=300");
  const supports = [JSON_TYPE, "text/html", ...(forms.text === undefined ? [] : ["text/plain"])];
  const type = accepts(c, { header: "Accept", supports, default: JSON_TYPE });
  if (type === "text/html") {
    c.header("Content-Security-Policy", PAGE_POLICY);
    return c.html(page(forms.html));
  }
  return type === "text/plain" && forms.text !== undefined ? c.text(forms.text) : c.json(forms.json);
}

/** The page of a problem, where a person asked: undefined for a program. */
export function problemPage(c: EdgeRequest, content: Forms["html"]): Html | undefined {
  c.header("Vary", "Accept", { append: true });
  const type = accepts(c, { header: "Accept", supports: [JSON_TYPE, "text/html"], default: JSON_TYPE });
  if (type !== "text/html") return undefined;
  c.header("Content-Security-Policy", PAGE_POLICY);
  return page(content);
}

const page = ({ title, body }: Forms["html"]) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <link rel="icon" href="/favicon.ico" type="image/svg+xml" />
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <header>
          <nav aria-label="Site">
            <a href="/">Decisionproof</a> · <a href="/console">Console</a> · <a href="/docs">API</a> ·
            <a href="/llms.txt">For agents</a> ·
            <a href="/problems/">Problems</a>
          </nav>
        </header>
        <main>${body}</main>
      </body>
    </html> `;
