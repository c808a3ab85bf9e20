import type { ComponentChildren } from "preact";
import { ApiError } from "../client/client.ts";
import type { FieldError } from "./form-fields.ts";
import { Buttons, Dialog, Trouble, Unanswered } from "./parts.tsx";
import { isUnknown } from "./polling.ts";
import type { useAction } from "./query.ts";

interface FormDialogProps {
  readonly title: string;
  readonly action: Pick<ReturnType<typeof useAction>, "busy" | "error" | "run">;
  /** What its button sends. */
  readonly send: Parameters<ReturnType<typeof useAction>["run"]>[0];
  readonly doing: string;
  /** Whether the form can be sent. */
  readonly ready?: boolean;
  readonly danger?: boolean;
  /** The errors are shown at their fields. */
  readonly hasFieldErrors?: boolean;
  /** What may have been done where no answer came: without it, the form may be sent again. */
  readonly unanswered?: ComponentChildren;
  readonly onClose: () => void;
  /** Closes it where no answer came. */
  readonly onLost?: () => void;
  readonly children: ComponentChildren;
}

/** A form in a dialog that does one thing. */
export function FormDialog(props: FormDialogProps) {
  const { title, action, send, doing, ready = true, danger, hasFieldErrors, unanswered, onClose, children } = props;
  const { onLost = onClose } = props;
  const { busy, error, run } = action;
  if (unanswered !== undefined && isUnknown(error))
    return (
      <Dialog title={title} onClose={onLost}>
        <Unanswered onClose={onLost}>{unanswered}</Unanswered>
      </Dialog>
    );
  return (
    <Dialog title={title} onClose={onClose} locked={busy}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) run(send);
        }}
      >
        {children}
        {error !== undefined && hasFieldErrors !== true && <Trouble error={error} />}
        <Buttons busy={busy} ready={ready} doing={doing} onClose={onClose} danger={danger} />
      </form>
    </Dialog>
  );
}

/** Of a refusal, what it says of single fields. */
export const fieldErrorsOf = (error: unknown): readonly FieldError[] =>
  error instanceof ApiError
    ? (error.problem.errors ?? []).flatMap(({ pointer, detail }) =>
        typeof pointer === "string" ? [{ pointer, detail }] : [],
      )
    : [];
