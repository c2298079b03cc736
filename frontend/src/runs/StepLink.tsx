// Leads to a step's panel: of the run that is shown, or of another one.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { TEXT_LINK } from "./text-link";

interface StepLinkProps {
  /** Another run's; else this one's. */
  runId?: string | undefined;
  stepKey: string;
  children?: ReactNode;
}

export function StepLink({ runId, stepKey, children = stepKey }: StepLinkProps) {
  if (runId !== undefined) {
    return (
      <Link
        to="/runs/$runId"
        params={{ runId }}
        search={{ step: stepKey }}
        title={`Run ${runId}`}
        className={TEXT_LINK}
      >
        {children}
      </Link>
    );
  }
  return (
    <Link
      from="/runs/$runId"
      search={({ attempt: _, ...old }) => ({ ...old, step: stepKey })}
      resetScroll={false}
      className={TEXT_LINK}
    >
      {children}
    </Link>
  );
}
