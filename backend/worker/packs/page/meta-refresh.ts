const SEARCHED_BYTES = 4_096;
/** A page that stays longer before it leads on is one to be read. */
const MOST_SECONDS = 5;
const META = /<meta\b([^>]{1,500})>/gi;
const CONTENT = /\bcontent\s{0,5}=\s{0,5}(?:"([^"]{1,400})"|'([^']{1,400})')/i;
const TARGET = /^\s{0,5}(\d{1,4})(?:\.\d{0,4})?\s{0,5}[;,]\s{0,5}(?:url\s{0,5}=\s{0,5})?["']?([^"']{1,380})/i;

/** Where the start of a page leads on to by itself at once (`<meta http-equiv=refresh>`), as an absolute address. */
export function refreshTarget(body: Uint8Array, base: string): string | undefined {
  const head = new TextDecoder("latin1").decode(body.subarray(0, SEARCHED_BYTES));
  for (const [, attributes = ""] of head.matchAll(META)) {
    if (!/\bhttp-equiv\s{0,5}=\s{0,5}["']?refresh\b/i.test(attributes)) continue;
    const [, double, single] = CONTENT.exec(attributes) ?? [];
    const [, seconds = "", target = ""] = TARGET.exec((double ?? single ?? "").replaceAll("&amp;", "&")) ?? [];
    const url = target === "" ? null : URL.parse(target.trim(), base);
    if (url === null || Number(seconds) > MOST_SECONDS || !/^https?:$/.test(url.protocol)) continue;
    url.hash = "";
    if (url.href !== base.replace(/#.*$/s, "")) return url.href;
  }
  return undefined;
}
