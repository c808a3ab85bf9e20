import { getCountries, getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { describe, expect, test } from "vitest";
import { found, inspect, settings } from "./compliance-fixture.ts";

async function expectFound(rule: string, written: string, rules?: readonly string[]): Promise<void> {
  for (const [before, after] of settings) {
    expect(await found(before + written + after, rules), `${before}…${after}`).toEqual([[rule, written]]);
  }
}

describe("payment cards", () => {
  // Stripe, "Test card numbers"; Adyen, "Test card numbers" (Maestro).
  const numbers = [
    "4242424242424242",
    "4000056655665556",
    "5555555555554444",
    "2223003122003222",
    "5200828282828210",
    "5105105105105100",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "3056930009020004",
    "36227206271667",
    "3566002020360505",
    "6200000000000005",
    "6205500000000000004",
    "6771798021000008",
  ];

  test.each(numbers)("%s is found bare", (number) => expectFound("payment_card", number));

  test.each(numbers)("%s is found in the groups of its card, by any one mark", async (number) => {
    const groups = number.length < 16 ? /^(.{4})(.{6})(.+)$/ : /^(.{4})(.{4})(.{4})(.{4})(.*)$/;
    for (const mark of [" ", "-", ".", "\u00A0", "\u2011"]) {
      const written = (groups.exec(number) ?? []).slice(1).filter(Boolean).join(mark);
      await expectFound("payment_card", written);
    }
  });

  test.each(numbers)("%s with another check digit is no card", async (number) => {
    const other = number.slice(0, -1) + String((Number(number.at(-1)) + 1) % 10);
    expect(await found(`card ${other}`)).toEqual([]);
  });

  test("an expiry date and a security code after a card are not part of it", async () => {
    expect(await found("4242 4242 4242 4242 12/29 123")).toEqual([["payment_card", "4242 4242 4242 4242"]]);
    expect(await found("5555 5555 5555 4444 123 x")).toEqual([["payment_card", "5555 5555 5555 4444"]]);
  });
});

// SWIFT, IBAN Registry: the examples of all countries whose formats comply with ISO 13616.
const IBANS = `
AD1200012030200359100100 AE070331234567890123456 AL47212110090000000235698741 AT611904300234573201
AZ21NABZ00000000137010001944 BA391290079401028494 BE68539007547034 BG80BNBG96611020345678 BH67BMAG00001299123456
BI4210000100010000332045181 BR1800360305000010009795493C1 BY13NBRB3600900000002Z00AB00 CH9300762011623852957
CR05015202001026284066 CY17002001280000001200527600 CZ6508000000192000145399 DE89370400440532013000
DJ2100010000000154000100186 DK5000400440116243 DO28BAGR00000001212453611324 EE382200221020145685
EG380019000500000000263180002 ES9121000418450200051332 FI2112345600000785 FK88SC123456789012 FO6264600001631634
FR1420041010050500013M02606 GB29NWBK60161331926819 GE29NB0000000101904917 GI75NWBK000000007099453 GL8964710001000206
GR1601101250000000012300695 GT82TRAJ01020000001210029690 HN88CABF00000000000250005469 HR1210010051863000160
HU42117730161111101800000000 IE29AIBK93115212345678 IL620108000000099999999 IQ98NBIQ850123456789012
IS140159260076545510730339 IT60X0542811101000000123456 JO94CBJO0010000000000131000302 KW81CBKU0000000000001234560101
KZ86125KZT5004100100 LB62099900000001001901229114 LC55HEMM000100010012001200023015 LI21088100002324013AA
LT121000011101001000 LU280019400644750000 LV80BANK0000435195001 LY83002048000020100120361 MC5811222000010123456789030
MD24AG000225100013104168 ME25505000012345678951 MK07250120000058984 MN121234123456789123 MR1300020001010000123456753
MT84MALT011000012345MTLCAST001S MU17BOMM0101101030300200000MUR NI45BAPR00000013000003558124 NL91ABNA0417164300
NO9386011117947 OM810180000001299123456 PK36SCBL0000001123456702 PL61109010140000071219812874
PS92PALS000000000400123456702 PT50000201231234567890154 QA58DOHB00001234567890ABCDEFG RO49AAAA1B31007593840000
RS35260005601001611379 RU0304452522540817810538091310419 SA0380000000608010167519 SC18SSCB11010000000000001497USD
SD8811123456789012 SE4550000000058398257466 SI56263300012039086 SK3112000000198742637541 SM86U0322509800000000270100
SO211000001001000100141 ST23000100010051845310146 SV62CENR00000000000000700025 TL380080012345678910157
TN5910006035183598478831 TR330006100519786457841326 UA213223130000026007233566001 VA59001123000012345678
VG96VPVG0000012345678901 XK051212012345678906 YE15CBYE0001018861234567891234`
  .trim()
  .split(/\s+/);

describe("IBANs", () => {
  test("there is one for each of the registry's 89 countries", () => {
    expect(new Set(IBANS.map((iban) => iban.slice(0, 2))).size).toBe(89);
  });

  test.each(IBANS)("%s is found as printed and as transmitted", async (iban) => {
    await expectFound("iban", iban);
    await expectFound("iban", iban.replace(/(.{4})(?=.)/g, "$1 "));
    expect(await found(iban.toLowerCase())).toEqual([["iban", iban.toLowerCase()]]);
  });

  test.each(IBANS)("%s with another check digit, or cut short, is none", async (iban) => {
    const digit = String((Number(iban[3]) + 1) % 10);
    expect(await found(iban.slice(0, 3) + digit + iban.slice(4), ["iban"])).toEqual([]);
    expect(await found(iban.slice(0, -1), ["iban"])).toEqual([]);
    expect(await found(`${iban}0`, ["iban"])).toEqual([]);
  });
});

describe("phone numbers", () => {
  // The example numbers of libphonenumber's own metadata: one mobile number for each country.
  test("every country's example is found in international form and in E.164", async () => {
    for (const country of getCountries()) {
      const example = getExampleNumber(country, examples);
      if (example === undefined) continue;
      for (const written of [example.formatInternational(), example.number]) {
        expect(await found(`Call ${written}, please`, ["phone"]), country).toEqual([["phone", written]]);
      }
    }
  });

  // Ofcom, "Numbers for TV and radio drama"; NANPA, 555-0100 to 555-0199 for fiction.
  test.each([
    "+44 20 7946 0958",
    "+44 (0)20 7946 0958",
    "+44-20-7946-0958",
    "+1 202 555 0123",
    "+1 (202) 555-0123",
    "+1.202.555.0123",
    "(202) 555-0123",
    "202-555-0123",
    "202.555.0123",
    "202 555 0123",
    "1-800-555-0199",
    "+1-202-555-0123 ext. 45",
    "+33 1 23 45 67 89",
  ])("%s is found", (written) => expectFound("phone", written));

  test("numbers side by side are found apart, without what follows them", async () => {
    const text = "+1 202 555 0123/+1 202 555 0124, +1 202 555 0125 100 people";
    expect((await found(text)).map(([, excerpt]) => excerpt)).toEqual([
      "+1 202 555 0123",
      "+1 202 555 0124",
      "+1 202 555 0125",
    ]);
  });
});

describe("US social security numbers", () => {
  test.each(["123-45-6789", "001-01-0001", "899-99-9999", "665-12-3456"])("%s is found", (ssn) =>
    expectFound("us_ssn", ssn),
  );

  // SSA, RM 10201.035 and "Social Security Number Allocations": areas, groups and serials never assigned; card samples.
  test.each(["000-12-3456", "666-12-3456", "900-12-3456", "987-65-4320", "123-00-6789", "123-45-0000", "078-05-1120"])(
    "%s was never assigned",
    async (written) => expect(await found(`SSN: ${written}`)).toEqual([]),
  );

  test.each(["SSN: ", "ssn=", '"ssn": "', "Social Security Number is ", "user_ssn: "])(
    "nine digits are one after %j",
    async (name) => {
      expect(await found(`${name}123456789`)).toEqual([["us_ssn", "123456789"]]);
      expect(await found(`${name}123 45 6789`)).toEqual([["us_ssn", "123 45 6789"]]);
    },
  );
});

describe("e-mail addresses", () => {
  test.each([
    "ada@example.com",
    "first.last+tag@sub.example.co.uk",
    "o'brien@example.org",
    "_x@example.xn--p1ai",
    "jürgen@müller.example",
    "иван@пример.рф",
    "e\u0301va@example.com",
    `${"a".repeat(64)}@example.com`,
  ])("%s is found", (address) => expectFound("email", address));

  test("punctuation, quotes and other scripts around an address are not part of it", async () => {
    const text =
      "<'ada@example.com'>; mailto:bob@example.com. 联系user@example.com谢谢 https://x.example?e=eve@example.org&f=fay%40example.org&g";
    expect((await found(text)).map(([, excerpt]) => excerpt)).toEqual([
      "ada@example.com",
      "bob@example.com",
      "user@example.com",
      "eve@example.org",
      "fay%40example.org",
    ]);
  });
});

describe("IP addresses", () => {
  // RFC 5737, 3849 and 4291, 2.2: documentation addresses and every way to write one; none of them is reachable.
  test.each([
    "192.0.2.1",
    "198.51.100.255",
    "203.0.113.7",
    "10.0.0.1",
    "127.0.0.1",
    "2001:db8::1",
    "2001:DB8:0:0:8:800:200C:417A",
    "FF01::101",
    "::1",
    "::FFFF:10.144.52.38",
  ])("%s is found, and changes no verdict", async (address) => {
    await expectFound("ip_address", address);
    const { data } = await inspect(address);
    expect([data.verdict, data.findings[0]?.severity]).toEqual(["PASS", "low"]);
  });

  test.each(["93.184.216.34", "23.215.0.136", "2a00:1450:4001:82a:0:0:0:200e", "::ffff:93.184.216.34"])(
    "%s belongs to somebody and asks for a review",
    async (address) => {
      await expectFound("ip_address", address);
      expect((await inspect(address)).data.verdict).toBe("REVIEW");
    },
  );

  test("ports, prefix lengths, brackets and a sentence's end are not part of an address", async () => {
    const text =
      "http://192.0.2.1:8080/ [2001:db8::1]:443 10.0.0.0/8 2001:db8::/32 from 10.0.0.1-10.0.0.9, ip:fe80::2: ::1.";
    expect((await found(text)).map(([, excerpt]) => excerpt)).toEqual([
      "192.0.2.1",
      "2001:db8::1",
      "10.0.0.0",
      "2001:db8::",
      "10.0.0.1",
      "10.0.0.9",
      "fe80::2",
      "::1",
    ]);
  });
});
