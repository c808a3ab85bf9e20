import { expect, test } from "vitest";
import { PUBLIC_HTTPS, parseWebhookUrl, webhookUrl } from "#core/domain/webhook-url.ts";

const faultOf = (url: string, policy = PUBLIC_HTTPS) => {
  const parsed = webhookUrl.safeParse(url);
  if (!parsed.success) return parsed.error.issues[0]?.message;
  const address = parseWebhookUrl(parsed.data, policy);
  return "error" in address ? address.error : undefined;
};

test.each([
  "https://example.com/",
  "https://example.com:8443/hook?token=a%20b",
  "HTTPS://EXAMPLE.COM",
  "https://bücher.example.org/ä",
  "https://93.184.216.34/",
  "https://[2606:2800:220:1:248:1893:25c8:1946]/",
])("%s may be a webhook", (url) => {
  expect(faultOf(url)).toBeUndefined();
});

test.each([
  ["http://example.com/", "must be an https URL"],
  ["ftp://example.com/", "must be an absolute https URL"],
  ["https:example.com", "must be an absolute https URL"],
  ["//example.com/", "must be an absolute https URL"],
  ["https://exa mple.com/", "must be an absolute https URL"],
  [" https://example.com/", "must be an absolute https URL"],
  ["https://exa<mple.com/", "is not a URL"],
  ["https://user@example.com/", "must not hold a user name or password"],
  ["https://:secret@example.com/", "must not hold a user name or password"],
  ["https://example.com/#", "must not hold a fragment"],
  ["https://example.com/#part", "must not hold a fragment"],
  [`https://example.com/${"x".repeat(2_029)}`, "must be at most 2048 characters long"],
  ["https://example.com:22/", "must name one of the ports 80, 443, 8000, 8008, 8080, 8443, 8888"],
  ["https://example.com./", "must not name a host with a trailing dot"],
  ["https://localhost/", "must name a public host"],
  ["https://metadata.google.internal/", "must name a public host"],
  ["https://intranet/", "must name a public host"],
  ...[
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[64:ff9b::7f00:1]",
    "１２７.0.0.1",
  ].map((host) => [`https://${host}/`, "must not name an address that is not public"]),
])("%s may not: %s", (url, fault) => {
  expect(faultOf(url)).toBe(fault);
});

test.each([
  ["HTTPS://EXAMPLE.COM", "https://example.com/"],
  ["https://example.com:443/a/../b", "https://example.com/b"],
  ["https://example.com\\\\evil.example/", "https://example.com//evil.example/"],
  ["https://bücher.example.org/ä", "https://xn--bcher-kva.example.org/%C3%A4"],
])("%s is kept as the address that was judged, %s", (url, href) => {
  expect(parseWebhookUrl(url, PUBLIC_HTTPS)).toEqual({ href });
});

test("an address that grows past the limit once it is percent-encoded is refused", () => {
  expect(faultOf(`https://example.com/${"ä".repeat(500)}`)).toBe(
    "must be at most 2048 characters long once it is percent-encoded",
  );
});

test("an operator may let plain http and named hosts through, and nothing else with them", () => {
  const policy = { allow_http: true, allow_hosts: ["127.0.0.1:9000", "localhost:*"] };
  expect(faultOf("http://example.com/", policy)).toBeUndefined();
  expect(faultOf("http://127.0.0.1:9000/hook", policy)).toBeUndefined();
  expect(faultOf("http://localhost:1234/", policy)).toBeUndefined();
  expect(faultOf("http://127.0.0.1:9001/", policy)).toBe("must not name an address that is not public");
  expect(faultOf("http://user@localhost:1234/", policy)).toBe("must not hold a user name or password");
  expect(faultOf("https://10.0.0.1/", policy)).toBe("must not name an address that is not public");
});
