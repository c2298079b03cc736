// The way to a pipeline's launch page.
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";

export function LaunchLink({ name, look }: { name: string; look: string }) {
  return (
    <Link to="/pipelines/$name/launch" params={{ name }} className={look}>
      <Play aria-hidden size={15} /> Launch …<span className="sr-only"> {name}</span>
    </Link>
  );
}
