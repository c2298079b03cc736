// A dialog over the page; Escape and a click beside it close it.
import clsx from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./Button";

interface DialogProps {
  title: string;
  /** A sentence under the title. */
  lead?: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** Buttons, at the bottom whatever the content's height. */
  footer?: ReactNode;
  /** A question takes less room than a plan. */
  size?: "sm" | "lg";
}

export function Dialog({ title, lead, onClose, children, footer, size = "lg" }: DialogProps) {
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(12_12_24/50%)]" />
        <Radix.Content
          aria-describedby={undefined}
          className={clsx(
            "panel fixed inset-x-2 top-[5vh] z-50 mx-auto flex max-h-[90vh] flex-col shadow-floating sm:inset-x-6",
            size === "lg" ? "max-w-4xl" : "max-w-lg",
          )}
        >
          <header className="flex items-center justify-between gap-4 border-b border-line px-5 py-3">
            <div className="min-w-0">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {lead && <div className="text-sm text-muted">{lead}</div>}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X aria-hidden size={18} />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-auto px-5 py-4">{children}</div>
          {footer && (
            <footer className="flex flex-wrap items-center justify-end gap-3 border-t border-line px-5 py-3">
              {footer}
            </footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
