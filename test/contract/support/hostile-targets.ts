const words = (text: string) => text.trim().split(/\s+/);

/**
 * One or more addresses of every block of the IANA IPv4 Special-Purpose Address Registry, of multicast, and of the
 * metadata services of clouds, at both ends of the larger blocks.
 */
export const FORBIDDEN_V4: readonly string[] = words(`
  0.0.0.0 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254
  168.63.129.16 169.254.0.1 169.254.0.23 169.254.42.42 169.254.169.123 169.254.169.254 169.254.170.2 169.254.170.23
  169.254.255.255 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.9 192.0.0.10 192.0.0.170 192.0.0.171
  192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.88.99.2 192.168.0.1 192.168.255.255 192.175.48.1
  198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 232.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255`);

/** Likewise of the IPv6 registry, of what carries IPv4 addresses, of site-local, link-local, multicast and metadata. */
export const FORBIDDEN_V6: readonly string[] = words(`
  :: ::1 ::2 ::7f00:1 ::8.8.8.8 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:100.100.100.200
  ::ffff:0:7f00:1 64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b::192.0.0.192 64:ff9b:1::1
  64:ff9b:1::7f00:1 64:ff9b:1:ffff::8.8.8.8 100::1 100::ffff 100:0:0:1::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
  2001:1::1 2001:1::2 2001:1::3 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:1f::1 2001:20::1 2001:2f::1
  2001:30::1 2001:db8::1 2001:db8:ffff::1 2002:7f00:1::1 2002:a00:1::1 2002:a9fe:a9fe::1 2002:808:808::1
  2620:4f:8000::1 3fff::1 3fff:fff:ffff::1 5f00::1 5f00:ffff::1 fc00::1 fd00:ec2::254 fd20:ce::254 fdff:ffff::1 fe80::1
  fe80::a9fe:a9fe febf::1 fec0::1 fec0:0:0:ffff::1 ff01::1 ff02::1 ff05::2 ff0e::1 4000::1 8000::1 c000::1 e000::1`);

/** URLs that lead to 127.0.0.1, 0.0.0.0 or ::1 at this port, as browsers read them. */
export const loopbackUrls = (port: number): readonly string[] => [
  ...words(`127.0.0.1 127.1 127.0.1 127.0.0.1. 127.1. 127.0.0.2 127.255.255.254 2130706433 2130706433. 017700000001
    0x7f000001 0X7F000001 0x7f000001. 0177.0.0.1 0177.0.0.01 00000177.0.0.1 0x7f.1 0x7f.0.0.1 0x7f.0x0.0x0.0x1 127.0x1
    0177.0x0.1 0x7f.0.01 0 0x0 0x 00 0.0.0.0 0.0.0.0. [::] [::1] [0:0:0:0:0:0:0:1] [0000::0001] [::ffff:127.0.0.1]
    [::ffff:7f00:1] [::FFFF:7F00:0001] [0:0:0:0:0:ffff:127.0.0.1] [::127.0.0.1] [64:ff9b::127.0.0.1] localhost
    LOCALHOST LocalHost. a.localhost localhost.localdomain localhost6 ip6-localhost %6c%6f%63alhost %31%32%37.0.0.1
    127%2e0%2e0%2e1 127.0.0%2E1 %30x7f.1 １２７.０.０.１ 127．0．0．1 127｡0｡0｡1 127。0。0。1 127.0.0.1。 ①②⑦.⓪.⓪.①
    ⓛⓞⓒⓐⓛⓗⓞⓢⓣ ｌｏｃａｌｈｏｓｔ loc%C2%ADalhost ０ｘ７ｆ.1 ２１３０７０６４３３ [::１]`).map(
    (host) => `http://${host}:${port}/`,
  ),
  ...["https", "HTTP", "hTtPs"].map((scheme) => `${scheme}://127.0.0.1:${port}/`),
  `http://127.0.0.1:${port}#@example.com/`,
  `http://127.0.0.1:${port}?@example.com/`,
  `http://127.0.0.1:${port}\\@example.com/`,
  `http:\\\\127.0.0.1:${port}\\`,
  `http:/127.0.0.1:${port}/`,
  `http:127.0.0.1:${port}/`,
  `http:////127.0.0.1:${port}/`,
  `  http://127.0.0.1:${port}/  `,
  `ht\ntp://127.0.0.1:${port}/`,
  `http://127.0\t.0.1:${port}/`,
  `http://127.0.0.1\r\n:${port}/`,
  `http://loc\u00ADalhost:${port}/`,
  `http://loc\u200Balhost:${port}/`,
];

/** URLs that lead to loopback with a user's name before it, or where two parsers may not agree what the host is. */
export const disguisedUrls = (port: number): readonly string[] => [
  `http://example.com@127.0.0.1:${port}/`,
  `http://example.com:80@127.0.0.1:${port}/`,
  `http://good:bad@[::1]:${port}/`,
  `http://@127.0.0.1:${port}/`,
  `http://:@127.0.0.1:${port}/`,
  `http://example.com%40127.0.0.1:${port}/`,
  `http://example.com\t@127.0.0.1:${port}/`,
  `http://a@b@127.0.0.1:${port}/`,
  `http://127.0.0.1:${port}@example.com/`,
  `http://127.0.0.1%00:${port}/`,
  `http://127.0.0.1%09:${port}/`,
  `http://127.0.0.1%20:${port}/`,
  `http://127.0.0.1%23.example.com:${port}/`,
  `http://127.0.0.1%2f.example.com:${port}/`,
  `http://127.0.0.1 .example.com:${port}/`,
  `http://127.0.0.1|example.com:${port}/`,
  `http://127.0.0.1..:${port}/`,
  `http://127..1:${port}/`,
  `http://127.0.0.256:${port}/`,
  `http://127.0.0.0.1:${port}/`,
  `http://4294967297:${port}/`,
  `http://08.0.0.1:${port}/`,
  `http://[::1%25lo]:${port}/`,
  `http://[::1%lo]:${port}/`,
  `http://[fe80::1%25eth0]:${port}/`,
  `http://[::1:${port}/`,
  `http://::1:${port}/`,
  `http://[v1.fe80::a]:${port}/`,
  `//127.0.0.1:${port}/`,
  `127.0.0.1:${port}/`,
  `http://127.0.0.1:${port + 65_536}/`,
  `http://127.0.0.1:-${port}/`,
  `http://127.0.0.1:${port}:80/`,
];

/** Names that clusters, offices and clouds answer for inside, one of each kind. */
export const INSIDE_NAMES: readonly string[] = words(`
  redis metadata metadata.google.internal instance-data.ec2.internal host.docker.internal gateway.docker.internal
  kubernetes.default.svc kubernetes.default.svc.cluster.local vault.service.consul printer.local router.lan nas.home
  intranet wiki.intranet dc.corp nas.home.arpa db.private a.test a.invalid a.example a.onion a.i2p a.alt redis.
  example.com. example.com..`);

/** Other schemes that a URL may be written in. */
export const OTHER_SCHEMES: readonly string[] = words(`
  file:///etc/passwd file://127.0.0.1/etc/passwd ftp://example.com/ ftps://example.com/ gopher://127.0.0.1:70/_x
  dict://127.0.0.1:11211/stats ldap://127.0.0.1/ sftp://example.com/ tftp://example.com/x ws://example.com/
  wss://example.com/ jar:http://example.com!/ netdoc:///etc/passwd data:text/html,x javascript:alert(1)
  blob:http://example.com/1 about:blank view-source:http://127.0.0.1/ mailto:a@example.com unix:/run/docker.sock
  http+unix://%2Frun%2Fdocker.sock/ httpx://example.com/`);

/** Ports of a public host that no page is fetched from. */
export const OTHER_PORTS: readonly number[] = [
  0, 1, 21, 22, 23, 25, 53, 81, 110, 111, 389, 445, 2375, 3306, 3389, 5432, 6379, 8081, 9200, 10_250, 11_211, 27_017,
  65_535,
];
