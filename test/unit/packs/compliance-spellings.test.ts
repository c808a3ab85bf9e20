import { describe, expect, test } from "vitest";
import { found, inspect, joined } from "./compliance-fixture.ts";

const VISA = "4111111111111111";

describe("a number among the fields of data", () => {
  test.each([
    ["CSV", `7,${VISA},1226`, ["payment_card", VISA]],
    ["CSV with a name behind", `1,${VISA},Ann`, ["payment_card", VISA]],
    ["CSV of another card", "12,378282246310005,0729", ["payment_card", "378282246310005"]],
    ["SQL", `VALUES (1,${VISA},123)`, ["payment_card", VISA]],
    ["a column of floats", `x,${VISA}.0,y`, ["payment_card", VISA]],
    ["an SSN behind a comma", "7,123-45-6789,Ann", ["us_ssn", "123-45-6789"]],
    ["an SSN in an array", "[1,123-45-6789,2]", ["us_ssn", "123-45-6789"]],
  ])("%s", async (_, text, finding) => {
    expect(await found(text)).toEqual([finding]);
    expect((await inspect(text)).data.verdict).toBe("FAIL");
  });

  test("each of a JSON array is found", async () => {
    expect((await found(`[${VISA},5555555555554444]`)).map(([, excerpt]) => excerpt)).toEqual([
      VISA,
      "5555555555554444",
    ]);
  });

  test("a fraction is no card", async () => expect(await found(`0.${VISA} 7.${VISA} ${VISA}.5`)).toEqual([]));
});

describe("a card in another spelling", () => {
  test.each([
    ["track 1", `%B${VISA}^DOE/J^2612`, VISA],
    ["track 2", `;${VISA}=26121010000012345678?`, VISA],
    ["a name with an underscore", `card_${VISA}`, VISA],
    ["a name in camel case", `cardNumber${VISA}`, VISA],
    ["two spaces", "4111  1111  1111  1111", undefined],
    ["three spaces", "5555   5555   5555   4444", undefined],
    ["en dashes", "4111–1111–1111–1111", undefined],
    ["em dashes", "5555—5555—5555—4444", undefined],
    ["dashes between spaces", "4111 - 1111 - 1111 - 1111", undefined],
    ["thin spaces", "4111\u20091111\u20091111\u20091111", undefined],
    ["no-break spaces of HTML", "4111&nbsp;1111&nbsp;1111&nbsp;1111", undefined],
    ["numbered references", "4111&#160;1111&#160;1111&#160;1111", undefined],
    ["escapes of JSON", String.raw`4111\u00a01111\u00a01111\u00a01111`, undefined],
    ["an address", "4111%201111%201111%201111", undefined],
    ["a form", "4111+1111+1111+1111", undefined],
    ["digits of full width", "４１１１１１１１１１１１１１１１", undefined],
    ["Arabic digits", "٤١١١١١١١١١١١١١١١", undefined],
  ])("by %s is found", async (_, text, excerpt) => {
    expect(await found(text)).toEqual([["payment_card", excerpt ?? text]]);
  });
});

describe("an SSN, an ITIN or an IBAN in another spelling", () => {
  test.each([
    ["us_ssn", "123–45–6789", "123–45–6789"],
    ["us_ssn", "123‑45‑6789", "123‑45‑6789"],
    ["us_ssn", "SSN: 123.45.6789", "123.45.6789"],
    ["us_ssn", "ssn_number: 123456789", "123456789"],
    ["us_ssn", '{"socialSecurityNumber":"123456789"}', "123456789"],
    ["us_ssn", "<ssn>123456789</ssn>", "123456789"],
    ["us_ssn", "customerSSN=123 45 6789", "123 45 6789"],
    ["us_ssn", "name;ssn\nAda;123456789", "123456789"],
    ["national_id", "ITIN 912-78-1234", "912-78-1234"],
    ["national_id", "itin: 912701234", "912701234"],
    ["iban", "DE89.3704.0044.0532.0130.00", "DE89.3704.0044.0532.0130.00"],
    ["iban", "DE89  3704  0044  0532  0130  00", "DE89  3704  0044  0532  0130  00"],
    ["iban", "GB29 NWBK 6016\n1331 9268 19", "GB29 NWBK 6016\n1331 9268 19"],
    ["iban", "NL91–ABNA–0417–1643–00", "NL91–ABNA–0417–1643–00"],
    ["ip_address", "host_93.184.216.34_x", "93.184.216.34"],
    ["email", "ada&#64;example.com", "ada&#64;example.com"],
  ])("%s: %s", async (rule, text, excerpt) => expect(await found(text)).toEqual([[rule, excerpt]]));
});

describe("tokens and keys that were cut, or are of other formats", () => {
  const HEADER = "eyJhbGciOiJIUzI1NiJ9";
  test.each([
    ["jwt", `${HEADER}.eyJzdWIiOiJhIn0`],
    ["jwt", `${HEADER}.eyJzdWIiOiJhIn0.`],
    ["jwt", `${HEADER}.eyJuYW1lIjoiQWRhIExvdmVsYWNlIiwi`],
    ["private_key", joined("AGE-SECRET-", `KEY-1${"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".repeat(2).slice(0, 58)}`)],
    [
      "private_key",
      joined(
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: key\nPublic-Lines: 2\nAAAAC3NzaC1lZDI1NTE5AAAAIB\n0aGlz\n",
        "Private-Lines: 1\nAAAAIEabcdefghijklmnopqr\nPrivate-MAC: 0123456789abcdef0123456789abcdef",
      ),
    ],
  ])("%s: %s", async (rule, text) => {
    expect(await found(text)).toEqual([[rule, text]]);
    expect((await inspect(text)).data.verdict).toBe("FAIL");
  });
});

describe("what stands for something else", () => {
  test.each([
    joined("AKIA", "IOSFODNN7EXAMPLE"),
    joined("AKIA", "XXXXXXXXXXXXXXXX"),
    joined("ghp_", "x".repeat(36)),
    joined("ghp_", "0".repeat(36)),
    joined("xoxb-", "000000000000-000000000000-xxxxxxxxxxxxxxxxxxxxxxxx"),
    joined("sk-ant-", "api03-your-key-goes-here-000000000000"),
    "socks5://USER:PASSWORD@h",
    "https://USERNAME:MY_SECRET_PASS@example.com/",
    "postgres://user:changeme@db/x",
    "password=${DB_PASSWORD} PASSWORD=changeme pwd: <password> secret=process.env.SECRET token: $TOKEN",
    "password: string; token?: string; apiKey: 'YOUR_API_KEY'",
    "Your password is required. Forgot your password? The password must be set.",
    '<input type="password" name="password" value="">Enter it',
    "max_tokens: 4096, next_page_token: 'CAESBggDEgIIAQ12', primary_key: user_id_1234abcd, token_type: bearer",
    "docker run -u 1000:1000 image; curl -u user:password https://h/",
    "Upgrade to 4.2.1.7",
    "upgraded from Firefox to 12.0.3.1",
    "OpenSSL 3.0.2.1",
    "Requires libFoo >= 2.10.4.1",
    "8.8.8.8, 1.1.1.1 and 9.9.9.9; 2606:4700:4700::1111",
    "1.2.3.4",
    "docs@readme.md",
    "a@sheet.xlsx, b@letter.docx, c@slides.pptx",
  ])("%s passes", async (text) => expect((await inspect(text)).data.verdict).toBe("PASS"));

  test("a placeholder in the form of a secret is low, and hardly sure", async () => {
    const { data } = await inspect(joined("ghp_", "x".repeat(36)));
    expect(data.findings).toMatchObject([{ rule: "github_token", severity: "low", confidence: 0.1 }]);
  });

  test("an address behind a word of networks is an address", async () => {
    for (const text of ["Server 93.84.16.34", "connect to 45.33.32.56", "Ping 45.33.32.56"])
      expect((await inspect(text)).data.verdict, text).toBe("REVIEW");
  });
});
