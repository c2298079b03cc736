// A button that says why it cannot be used now, instead of being dead: it can be focused, and explains itself.
import { Tooltip } from "radix-ui";
import { type ButtonHTMLAttributes, type ReactNode, type Ref, useId } from "react";
import { Button } from "../shared/Button";

interface ReasonButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  ref?: Ref<HTMLButtonElement>;
  kind?: "primary" | "secondary";
  size?: "md" | "sm";
  children: ReactNode;
  /** Null where it may be used. */
  disabledReason: string | null;
  /** What is said besides, when it may be used. */
  hint?: ReactNode;
}

export function ReasonButton({ disabledReason, hint, onClick, children, ...rest }: ReasonButtonProps) {
  const reasonId = useId();
  const said = disabledReason ?? hint;
  const button = (
    <Button
      {...rest}
      aria-disabled={disabledReason !== null || undefined}
      aria-describedby={disabledReason === null ? undefined : reasonId}
      onClick={(event) => (disabledReason === null ? onClick?.(event) : event.preventDefault())}
    >
      {children}
    </Button>
  );
  return (
    <>
      {said ? <Explained by={said}>{button}</Explained> : button}
      {disabledReason !== null && (
        <span id={reasonId} hidden>
          {disabledReason}
        </span>
      )}
    </>
  );
}

function Explained({ by, children }: { by: ReactNode; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal container={document.getElementById("content")}>
        <Tooltip.Content
          side="bottom"
          sideOffset={6}
          collisionPadding={8}
          className="panel z-50 max-w-80 px-2.5 py-1.5 text-sm shadow-floating"
        >
          {by}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
