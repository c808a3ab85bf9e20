import { targetFault, WEB_PORTS } from "#core/domain/public-target.ts";

export type UrlCheck =
  | { readonly kind: "ok"; readonly url: URL }
  | { readonly kind: "refused"; readonly reason_code: "BAD_URL" | "ADDRESS_NOT_ALLOWED"; readonly detail: string };

const bad = (detail: string): UrlCheck => ({ kind: "refused", reason_code: "BAD_URL", detail });
const barred = (detail: string): UrlCheck => ({ kind: "refused", reason_code: "ADDRESS_NOT_ALLOWED", detail });

/** The checks of a URL that is exempt from the rules about hosts and ports: it parses, is http(s), has no userinfo. */
export function checkSyntax(text: string, maxChars: number): UrlCheck {
  if (text.length > maxChars) return bad(`The URL is longer than ${maxChars} characters.`);
  if (!URL.canParse(text)) return bad("The URL cannot be parsed.");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return bad("Only http and https URLs are fetched.");
  if (url.username !== "" || url.password !== "") return bad("A URL with a user name or password is not fetched.");
  return { kind: "ok", url };
}

/** Judges a URL by its host and port alone; a name must still be resolved and every address of it judged. */
export function checkTarget(url: URL): UrlCheck {
  switch (targetFault(url)) {
    case undefined:
      return { kind: "ok", url };
    case "private-address":
      return barred("The address is not publicly reachable.");
    case "trailing-dot":
      return bad("A host name with a trailing dot is not fetched.");
    case "local-name":
      return barred("The host is not a public name.");
    case "port":
      return barred(`Only the ports ${WEB_PORTS.join(", ")} are fetched from.`);
  }
}
