// Text of fixed width that scrolls within its bounds.
import clsx from "clsx";

interface ScrolledTextProps {
  /** What a screen reader says it is. */
  label: string;
  text: string;
  className?: string;
}

export function ScrolledText({ label, text, className = "max-h-80" }: ScrolledTextProps) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      className={clsx("overflow-auto rounded-md bg-sunken p-3", className)}
    >
      <pre className="font-mono text-xs leading-relaxed [font-variant-ligatures:none]">{text}</pre>
    </section>
  );
}
