const SEARCHED_BYTES = 4_096;
/** A page that stays longer before it leads on is one to be read. */
const MOST_SECONDS = 5;
const META = /<meta\b([^>]{1,500})>/gi;
const CONTENT = /\bcontent\s{0,5}=\s{0,5}(?:"([^"]{1,400})"|'([^']{1,400})')/i;
const TARGET = /^\s{0,5}(\d{1,4})(?:\.\d{0,4})?\s{0,5}[;,]\s{0,5}(?:url\s{0,5}=\s{0,5})?["']?([^"']{1,380})/i;

/** Where tags are none. What stands in a noscript is for readers of whom scripts ask something. */
const ASIDE = [
  ["<!--", "-->"],
  ["<script", "</script"],
  ["<style", "</style"],
  ["<textarea", "</textarea"],
  ["<noscript", "</noscript"],
] as const;

function shown(html: string): string {
  let rest = html;
  for (const [start, end] of ASIDE)
    for (let from = rest.toLowerCase().indexOf(start); from >= 0; from = rest.toLowerCase().indexOf(start)) {
      const to = rest.toLowerCase().indexOf(end, from);
      rest = to < 0 ? rest.slice(0, from) : rest.slice(0, from) + rest.slice(to + end.length);
    }
  return rest;
}

/** Where the start of a page leads on to by itself at once (`<meta http-equiv=refresh>`), as an absolute address. */
export function refreshTarget(body: Uint8Array, base: string): string | undefined {
  const head = shown(new TextDecoder().decode(body.subarray(0, SEARCHED_BYTES)));
  for (const [, attributes = ""] of head.matchAll(META)) {
    if (!/(?:^|\s)http-equiv\s{0,5}=\s{0,5}["']?refresh\b/i.test(attributes)) continue;
    const [, double, single] = CONTENT.exec(attributes) ?? [];
    const [, seconds = "", target = ""] =
      TARGET.exec((double ?? single ?? "").replaceAll(/&(?:amp|#38|#x26);/gi, "&")) ?? [];
    const url = target === "" ? null : URL.parse(target.trim(), base);
    if (url === null || Number(seconds) > MOST_SECONDS || !/^https?:$/.test(url.protocol)) continue;
    url.hash = "";
    if (url.href !== base.replace(/#.*$/s, "")) return url.href;
  }
  return undefined;
}
