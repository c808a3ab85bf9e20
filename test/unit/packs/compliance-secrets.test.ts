import { describe, expect, test } from "vitest";
import { newApiKey } from "#core/domain/api-key.ts";
import { BASE62, found, inspect, joined, settings } from "./compliance-fixture.ts";

const letters = (count: number): string => BASE62.repeat(8).slice(0, count);
const live = newApiKey("live", new Uint8Array(96).fill(7));
const trial = newApiKey("test", new Uint8Array(96).fill(9));

// RFC 7515 A.1, RFC 7519 6.1 (unsecured), RFC 7516 3.3 (encrypted).
const CLAIMS = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const SIGNED = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${CLAIMS}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;
const UNSECURED = `eyJhbGciOiJub25lIn0.${CLAIMS}.`;
const ENCRYPTED =
  "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe" +
  ".48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ";

// RFC 7468, 10: an EC key in PKCS #8.
const LINES = [
  "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgVcB/UNPxalR9zDYAjQIf",
  "jojUDiQuGnSJrFEEzZPT/92hRANCAASc7UJtgnF/abqWM60T3XNJEzBv5ez9TdwK",
  "H0M6xpM2q+53wmsN/eYLdgtjgBd3DBmHtPilCkiFICXyaA8z9LkJ",
];
const framed = (label: string, newline = "\n", lines = LINES): string =>
  [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join(newline);

/** Written as their issuers' documentation has them: AWS IAM, GitHub, Slack and Stripe; and our own. */
const TOKENS: readonly (readonly [rule: string, severity: string, token: string])[] = [
  ["aws_key", "critical", joined("AKIA", "QYLPMN5HHHFPZAM2")],
  ["aws_key", "critical", joined("ASIA", "QYLPMN5HHHFPZAM2")],
  ["github_token", "critical", joined("gho_", "16C7e42F292c6912E7710c838347Ae178B4a")],
  ["github_token", "critical", joined("ghp_", letters(36))],
  ["github_token", "critical", joined("ghs_", "123456_", SIGNED)],
  ["github_token", "critical", joined("github_pat_", letters(22), "_", letters(59))],
  ["slack_token", "critical", joined("xoxb-", "123456789012-1234567890123-", letters(24))],
  ["slack_token", "critical", joined("xoxp-", "1234567890-1234567890-1234567890-", letters(32))],
  ["slack_token", "critical", joined("xoxe.", "xoxp-1-", letters(40))],
  ["slack_token", "critical", joined("xapp-", "1-A012ABCDEFG-1234567890123-", letters(64))],
  ["slack_token", "critical", joined("hooks.slack", ".com/services/T00000000/B00000000/", letters(24))],
  ["stripe_key", "critical", joined("sk_", "live_", letters(24))],
  ["stripe_key", "critical", joined("rk_", "live_", letters(99))],
  ["stripe_key", "critical", joined("whsec_", letters(32))],
  ["stripe_key", "medium", joined("sk_", "test_", letters(24))],
  ["stripe_key", "low", joined("pk_", "live_", letters(24))],
  ["decisionproof_key", "critical", live],
  ["decisionproof_key", "medium", trial],
  ["jwt", "critical", SIGNED],
  ["jwt", "critical", UNSECURED],
  ["jwt", "critical", ENCRYPTED],
  ["private_key", "critical", framed("PRIVATE KEY")],
  ["private_key", "critical", framed("OPENSSH PRIVATE KEY", "\r\n")],
  ["private_key", "critical", framed("ENCRYPTED PRIVATE KEY", "\\n")],
  ["private_key", "critical", framed("PGP PRIVATE KEY BLOCK", "\n> ", ["Version: 1", "", ...LINES])],
];

describe("tokens and keys", () => {
  test.each(TOKENS)("%s (%s): %s is found whole", async (rule, severity, token) => {
    for (const [before, after] of settings) {
      expect(await found(before + token + after)).toEqual([[rule, token]]);
    }
    const { data } = await inspect(token);
    const verdict = { critical: "FAIL", medium: "REVIEW", low: "PASS" }[severity];
    expect([data.findings[0]?.severity, data.verdict]).toEqual([severity, verdict]);
  });

  test("however long a token is, none of it stays", async () => {
    for (const token of [
      joined("ghp_", letters(400)),
      joined("sk_", "live_", letters(400)),
      `${SIGNED}${"A".repeat(9_000)}`,
    ]) {
      expect((await inspect(`a ${token} b`)).data.masked_text).toMatch(/^a \[[A-Z_]+\] b$/);
    }
  });

  test("a secret access key is found beside its name alone", async () => {
    const secret = joined("wJalrXUtnFEMI/", "K7MDENG/bPxRfiCYEXAMPLEKEY");
    const names = ["aws_secret_access_key = ", 'SecretAccessKey":"', "AWS_SECRET_KEY=", "secret access key: "];
    for (const name of names) expect(await found(`${name}${secret}\n`)).toEqual([["aws_key", secret]]);
    expect(await found(`digest ${secret}`)).toEqual([]);
  });

  test("our own key is one by its checksum, whatever stands around it", async () => {
    expect(await found(`x${live}_y`)).toEqual([["decisionproof_key", live]]);
    const mistyped = live.slice(0, 12) + (live[12] === "a" ? "b" : "a") + live.slice(13);
    expect(await found(mistyped)).toEqual([]);
  });

  test.each([
    ["a header that is no JSON", `eyJhbGciOiJIUzI1NiJ.${CLAIMS}.c2lnbmF0dXJl`],
    ["a header without an algorithm", `${Buffer.from('{"typ":"JWT"}').toString("base64url")}.${CLAIMS}.c2lnbmF0dXJl`],
    ["a header alone", `${SIGNED.split(".")[0]}.`],
  ])("%s makes no JWT", async (_, written) => expect(await found(written)).toEqual([]));

  test("a JWT after a part that only looks like a header is found", async () => {
    expect(await found(`eyJmb29iYXIiOjF9.${SIGNED}`)).toEqual([["jwt", SIGNED]]);
  });
});

describe("private keys", () => {
  test("one that was cut off is masked to where it ends", async () => {
    const cut = [
      "-----BEGIN RSA PRIVATE KEY-----",
      "Proc-Type: 4,ENCRYPTED",
      "DEK-Info: AES-128-CBC,00",
      "",
      ...LINES,
    ].join("\n");
    expect((await inspect(`${cut}\n\nThat was it.`)).data.masked_text).toBe("[PRIVATE_KEY]\n\nThat was it.");
    expect((await inspect(`${cut}\n-----BEGIN CERTIFICATE-----\nx`)).data.masked_text).toContain(
      "-----BEGIN CERTIFICATE",
    );
  });

  test("two in a row are two", async () => {
    const { data } = await inspect(`${framed("PRIVATE KEY")}\n${framed("EC PRIVATE KEY")}`);
    expect(data.masked_text).toBe("[PRIVATE_KEY]\n[PRIVATE_KEY]");
  });

  test.each([
    framed("CERTIFICATE"),
    framed("PUBLIC KEY"),
    "-----BEGIN PRIVATE KEY-----\n<your key>\n-----END PRIVATE KEY-----",
    "It begins with -----BEGIN PRIVATE KEY----- and a line of base64.",
  ])("%j is none", async (text) => expect(await found(text)).toEqual([]));
});

describe("credentials in URLs", () => {
  test.each([
    // MongoDB, "Connection strings"; RFC 1738, 3.1; RFC 3986, 3.2.
    ["mongodb://", "myDatabaseUser:D1fficultP%40ssw0rd", "@cluster0.example.mongodb.net/test"],
    ["ftp://", "foo:bar", "@host.com/"],
    ["https://", "ada:s3cr3t", "@[2001:db8::1]/"],
    ["redis://", ":onlyapassword", "@localhost"],
    ["https://", "joe@corp.example:hunter2", "@example.com/"],
    ["https://", "0123456789abcdef0123", "@example.com/repository.git"],
  ])("%s%s%s is masked up to its host", async (scheme, userinfo, host) => {
    expect(await found(`<${scheme}${userinfo}${host}>`, ["url_credentials", "email"])).toEqual([
      ["url_credentials", userinfo],
    ]);
  });

  test("a password that should have been percent-encoded is masked to its end", async () => {
    const { data } = await inspect("postgres://u:with/slash#and?more@db.example/x", ["url_credentials"]);
    expect(data.masked_text).toBe("postgres://[URL_CREDENTIALS]@db.example/x");
  });

  test("each of several addresses in a list is masked", async () => {
    const { data } = await inspect("amqp://a:b1@h1.example,amqp://c:d2@h2.example");
    expect(data.masked_text).toBe("amqp://[URL_CREDENTIALS]@h1.example,amqp://[URL_CREDENTIALS]@h2.example");
  });

  test.each([
    "ssh://git@github.com/a/b",
    "https://user:@example.com/",
    "https://user:***@example.com/",
    "https://user:${PASSWORD}@example.com/",
    "https://<user>:<password>@example.com/",
    "https://example.com:8080/a@b",
    "https://example.com/:a@b",
    "//a:b@c",
  ])("%s gives nothing away", async (url) => expect(await found(url)).toEqual([]));

  test("a token within is part of the credentials around it", async () => {
    const token = joined("ghp_", letters(36));
    expect(await found(`https://x:${token}@github.com/a`)).toEqual([["url_credentials", `x:${token}`]]);
  });
});
