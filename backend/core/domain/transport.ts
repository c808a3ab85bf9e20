const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|)$/;
const VERIFIED = /[?&]sslmode=verify-full(&|$)/;

/**
 * Whether what goes to a store at `url` may be read or forged on its way: it leaves this machine without TLS or, for
 * Postgres, without a certificate that is verified. Text that is no URL is not judged here.
 */
export function isPlaintext(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || LOOPBACK.test(url.hostname)) return false;
  if (/^postgres(ql)?:$/.test(url.protocol)) return !VERIFIED.test(text);
  return url.protocol !== "https:" && url.protocol !== "rediss:";
}

/** What is wrong with each plaintext URL among these settings, by name. */
export function plaintextFaults(
  urls: Readonly<Record<string, string | undefined>>,
): readonly (readonly [string, string])[] {
  return Object.entries(urls).flatMap(([name, url]) => {
    if (url === undefined || !isPlaintext(url)) return [];
    const needed = url.startsWith("postgres") ? "sslmode=verify-full" : "TLS";
    return [[name, `needs ${needed} beyond this machine; DPP_ALLOW_PLAINTEXT=true allows it on a private network`]];
  });
}
