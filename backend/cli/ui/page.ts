/** No text ever becomes a script, and the page speaks to this process alone. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Decisionproof operators</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/assets/operators.css" />
    <script type="module" src="/assets/operators.js"></script>
  </head>
  <body>
    <div id="operators"></div>
    <noscript>The operators' console needs JavaScript. \`npm run dpp -- --help\` does the same in a terminal.</noscript>
  </body>
</html>
`;
