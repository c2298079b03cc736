// Says that no live worker serves a pipeline.
import { Unplug } from "lucide-react";
import { SOFT } from "../shared/tone";

export function NotServed() {
  return (
    <span
      title="What is launched waits until a worker serves it again"
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium ${SOFT.warning}`}
    >
      <Unplug aria-hidden size={12} /> no worker serves it now
    </span>
  );
}
