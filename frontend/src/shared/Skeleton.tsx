// The place of something that is being read: of its size, so that nothing jumps when it comes.
import clsx from "clsx";

export function Skeleton({ className }: { className: string }) {
  return <div aria-hidden className={clsx("animate-pulse rounded-md bg-hover", className)} />;
}

export function LoadingPanel({ label, className }: { label: string; className: string }) {
  return (
    <div role="status" aria-label={label}>
      <Skeleton className={clsx("w-full", className)} />
    </div>
  );
}
