// A place where nothing is yet: what it is for, and what to do.
import type { ReactNode } from "react";

interface EmptyStateProps {
  /** Text, or the page's heading. */
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <div className="text-lg font-semibold">{title}</div>
      {children && <div className="max-w-xl text-muted">{children}</div>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
