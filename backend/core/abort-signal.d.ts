/** All that core may know of an AbortSignal; Node's and the Workers' own types take its place outside core. */
interface AbortSignal {
  readonly aborted: boolean;
}
