import type { Output, PackType } from "../../client/client.ts";

export interface ResultProps<P extends PackType> {
  readonly output: Output<P>;
  /** As submitted; undefined once they are deleted. */
  readonly inputs: Readonly<Record<string, unknown>> | undefined;
}

export const Share = ({ of, label }: { of: number; label?: string }) => (
  <span class="share">
    <span aria-hidden="true">
      <span style={{ width: `${Math.max(0, Math.min(1, of)) * 100}%` }} />
    </span>
    <span class="num">{label ?? of.toFixed(3)}</span>
  </span>
);
