import { openOperation } from "../http/operation.ts";
import { textContent } from "../openapi/content.ts";

const SVG_TYPE = "image/svg+xml";
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1a1a1a"/>' +
  '<path d="M4 8.5l3 3 5-7" fill="none" stroke="#fff" stroke-width="2"/></svg>';

export const getFavicon = openOperation({
  id: "getFavicon",
  method: "GET",
  path: "/favicon.ico",
  tag: "service",
  summary: "The icon of the pages",
  description: "An SVG image, at the address that browsers ask for by themselves.",
  responses: { 200: { description: "The icon.", content: textContent(SVG_TYPE, ICON) } },
  handle({ c }) {
    c.header("Cache-Control", "public, max-age=300");
    return c.body(ICON, 200, { "Content-Type": SVG_TYPE });
  },
});
