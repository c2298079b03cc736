// The places of a run's page while it is being read.
import { LoadingPanel, Skeleton } from "../shared/Skeleton";

export function RunPageSkeleton() {
  return (
    <div className="space-y-4">
      <LoadingPanel label="Reading the run" className="h-28" />
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="space-y-3">
          <Skeleton className="h-9" />
          <Skeleton className="h-64" />
        </div>
        <Skeleton className="h-32" />
        <Skeleton className="h-80" />
      </div>
    </div>
  );
}
