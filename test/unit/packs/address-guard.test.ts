import { describe, expect, test } from "vitest";
import { isPublicAddress } from "#core/domain/public-address.ts";
import { checkSyntax, checkTarget } from "../../../backend/drivers/fetch/address-guard.ts";

function verdict(text: string): string {
  const checked = checkSyntax(text, 2_048);
  const judged = checked.kind === "ok" ? checkTarget(checked.url) : checked;
  return judged.kind === "ok" ? "ok" : judged.reason_code;
}

const words = (text: string) => text.trim().split(/\s+/);

const SPECIAL = words(`
  0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.1.2.3 168.63.129.16
  169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1
  192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
  :: ::1 ::7f00:1 ::8.8.8.8 ::808:808 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
  64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1 100:0:0:1::1
  2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:1ff:ffff::1 2001:db8::1
  2002::1 2002:7f00:1:: 2002:808:808::1 3fff::1 3fff:fff:ffff::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1
  fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1 ff0e::1 4000::1 8000::1 e000::1 1::1`);

const NO_ADDRESSES = words(
  "localhost 1 127.1 0177.0.0.1 0x7f.0.0.1 2130706433 8.8.8 08.8.8.8 [::1] 8.8.8.8:80 1:2 : 2606:4700::1]/ 2606:4700::1]:80/x 2606:4700::1]# 2606:4700::1%eth0 ::ffff:010.8.8.8",
);

const PUBLIC = words(`
  1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 168.63.129.15
  169.253.255.255 172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 198.17.255.255 198.20.0.1 203.0.112.255
  223.255.255.255 2001:200::1 2606:4700::1111 2a00:1450:4001:800::200e 2003::1 3ffe::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8`);

const LOCAL_URLS = words(`
  http://127.0.0.1/ http://2130706433/ http://0x7f000001/ http://017700000001/ http://0177.0.0.1/ http://0x7f.1/
  http://127.1/ http://127.0.0.1./ http://0/ http://00000000/ http://①②⑦.⓪.⓪.①/ http://127。0。0。1/
  http://%31%32%37.0.0.1/ http://[::1]/ http://[::]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/
  http://[0:0:0:0:0:ffff:a9fe:a9fe]/ http://[64:ff9b::169.254.169.254]/ http://[fd00:ec2::254]/ http://[fe80::1]/
  http://169.254.169.254/latest/meta-data/ http://2852039166/ http://0xA9FEA9FE/ http://169.16689662/
  http://100.100.100.200/ http://168.63.129.16/ http://localhost/ http://LOCALHOST/ http://foo.localhost/
  http://printer.local/ http://redis/ http://metadata.google.internal/ http://db.svc.cluster.local/
  http://nas.home.arpa/ http://host.docker.internal/ http://router.lan/ http://LOCALHOST%2Elocal/
  http://redis.default.svc/ http://web.service.consul/ http://a.cluster.local/ http://a.test/ http://a.invalid/
  http://a.example/ http://a.i2p/ http://a.alt/ http://home.arpa/
  http://example.com:22/ http://example.com:6379/ https://example.com:25/ http://8.8.8.8:53/`);

const BAD_URLS = words(`
  example.com //example.com/ http:// http://[::1 http://256.1.1.1/ http://1.2.3.4.5/ http://[fe80::1%25eth0]/
  http://a<b/ ftp://example.com/ file:///etc/passwd gopher://example.com/ javascript:alert(1) data:text/html,x
  blob:http://example.com/1 http://user@example.com/ http://user:pass@example.com/ http://:pass@example.com/
  http://example.com@127.0.0.1/ http://example.com./ http://localhost./ http://example.com:99999/`);

const PUBLIC_URLS = words(`
  http://example.com/ https://example.com/a?b#c http://example.com:8080/ https://8.8.8.8/ http://134744072/
  http://[2606:4700::1111]/ https://münchen.de/ http://local.example.com/ http://internal.dev/ http://test.dev/ http://latest.com/ http://svc.example.org/`);

describe("addresses", () => {
  test.each([...SPECIAL, ...NO_ADDRESSES, ""])("%j is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(PUBLIC)("%s is public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe("URLs", () => {
  test.each(LOCAL_URLS)("%s leads to no public address", (url) => {
    expect(verdict(url)).toBe("ADDRESS_NOT_ALLOWED");
  });

  test.each([...BAD_URLS, "", `http://example.com/${"x".repeat(2_048)}`])("%s is a bad URL", (url) => {
    expect(verdict(url)).toBe("BAD_URL");
  });

  test.each([
    ["http://127.0.0.1:47811/", "The address is not publicly reachable."],
    ["http://[::1]:47811/", "The address is not publicly reachable."],
    ["http://localhost:47811/", "The host is not a public name."],
    ["http://redis.internal:6379/", "The host is not a public name."],
    ["http://example.com.:22/", "A host name with a trailing dot is not fetched."],
    ["http://example.com:22/", "Only the ports 80, 443, 8000, 8008, 8080, 8443, 8888 are fetched from."],
  ])("%s is refused for its host before its port", (url, detail) => {
    expect(checkTarget(new URL(url))).toMatchObject({ kind: "refused", detail });
  });

  test.each(PUBLIC_URLS)("%s may be resolved", (url) => {
    expect(verdict(url)).toBe("ok");
  });
});
