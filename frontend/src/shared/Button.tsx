// The buttons of every page.
import clsx from "clsx";
import type { ButtonHTMLAttributes, ReactNode } from "react";

type Kind = "primary" | "secondary" | "quiet" | "danger";

const KINDS: Record<Kind, string> = {
  primary: "bg-accent text-on-accent border-transparent enabled:hover:bg-accent-strong",
  secondary: "bg-surface text-ink border-line-strong/50 enabled:hover:bg-hover",
  quiet: "bg-transparent text-ink border-transparent enabled:hover:bg-hover",
  danger: "bg-surface text-failure-ink border-failure-solid/60 enabled:hover:bg-failure-soft",
};

export function buttonLook(kind: Kind = "secondary", size: "md" | "sm" = "md"): string {
  return clsx(
    "inline-flex select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium",
    "transition-colors disabled:opacity-55 aria-disabled:opacity-55",
    size === "md" ? "h-9 px-3 text-base" : "h-7 px-2 text-sm",
    KINDS[kind],
  );
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: Kind;
  size?: "md" | "sm";
  children: ReactNode;
}

export function Button({ kind, size, className, type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={clsx(buttonLook(kind, size), className)} {...rest} />;
}

/** A button that shows an icon alone; its name is for those who don't see it. */
export function IconButton({ label, className, ...rest }: ButtonProps & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={clsx(
        "inline-flex size-8 items-center justify-center rounded-md text-muted transition-colors",
        "enabled:hover:bg-hover enabled:hover:text-ink disabled:opacity-50",
        className,
      )}
      {...rest}
    />
  );
}
