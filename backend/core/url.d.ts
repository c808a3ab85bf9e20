/** All that core may know of a WHATWG URL; Node's and the Workers' own types take its place outside core. */
interface URL {
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly hostname: string;
  readonly port: string;
  readonly search: string;
  readonly hash: string;
  readonly href: string;
}
declare const URL: { parse(text: string): URL | null };
