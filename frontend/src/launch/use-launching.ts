// Sends a launch, once, and keeps what came of it.
import { useRef, useState } from "react";
import type { CombinedError } from "urql";
import type { LaunchProblem } from "./launch-problem";
import type { Plan } from "./plan-fields";

export type LaunchAnswer =
  | { __typename: "LaunchRunSuccess"; run: { id: string } }
  | { __typename: "StalePlanError"; plan: Plan }
  | LaunchProblem;

export type Launching =
  | { kind: "ready" }
  | { kind: "launching" }
  | { kind: "refused"; problem: LaunchProblem }
  /** The plan would be another now; nothing was launched. */
  | { kind: "changed"; plan: Plan }
  /** The service answered that it could not. */
  | { kind: "failed"; message: string }
  /** No answer came: it may have been launched or not. */
  | { kind: "lost" };

export interface LaunchResult {
  answer?: LaunchAnswer | undefined;
  error?: CombinedError | undefined;
}

interface Launcher {
  launching: Launching;
  /** Does nothing while another launch is on its way: a double click launches once. */
  launch: (send: () => Promise<LaunchResult>) => Promise<void>;
  forget: () => void;
}

export function useLaunching(onLaunched: (runId: string) => void): Launcher {
  const [launching, setLaunching] = useState<Launching>({ kind: "ready" });
  const isOnItsWay = useRef(false);

  async function launch(send: () => Promise<LaunchResult>): Promise<void> {
    if (isOnItsWay.current) return;
    isOnItsWay.current = true;
    setLaunching({ kind: "launching" });
    const { answer, error } = await send();
    isOnItsWay.current = false;
    if (answer?.__typename === "LaunchRunSuccess") {
      onLaunched(answer.run.id);
      setLaunching({ kind: "ready" });
    } else setLaunching(answer ? whatCame(answer) : withoutAnswer(error));
  }

  return { launching, launch, forget: () => setLaunching({ kind: "ready" }) };
}

function whatCame(answer: Exclude<LaunchAnswer, { __typename: "LaunchRunSuccess" }>): Launching {
  if (answer.__typename === "StalePlanError" && "plan" in answer)
    return { kind: "changed", plan: answer.plan };
  return { kind: "refused", problem: answer as LaunchProblem };
}

function withoutAnswer(error: CombinedError | undefined): Launching {
  const said = error?.graphQLErrors.map((one) => one.message).join(" ");
  return said ? { kind: "failed", message: said } : { kind: "lost" };
}
