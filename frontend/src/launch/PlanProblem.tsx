// Why there is no plan, or no launch: what is wrong, in full, and what mends it.
import { Link } from "@tanstack/react-router";
import { Button } from "../shared/Button";
import { ErrorMessage } from "../shared/ErrorMessage";
import type { LaunchProblem } from "./launch-problem";
import { steps } from "./plan-view";

interface PlanProblemProps {
  title: string;
  problem: LaunchProblem;
  /** Null where steps cannot be added from here. */
  onAddSteps: ((stepKeys: readonly string[]) => void) | null;
}

export function PlanProblem({ title, problem, onAddSteps }: PlanProblemProps) {
  return (
    <ErrorMessage title={title}>
      {/* What is listed below is in the message too, in one breath. */}
      {!isListed(problem) && <p>{problem.message}</p>}
      <Details problem={problem} onAddSteps={onAddSteps} />
    </ErrorMessage>
  );
}

function isListed(problem: LaunchProblem): boolean {
  return problem.__typename === "MissingOutputsError" || problem.__typename === "InvalidRunConfigError";
}

function Details({ problem, onAddSteps }: Pick<PlanProblemProps, "problem" | "onAddSteps">) {
  switch (problem.__typename) {
    case "MissingOutputsError":
      return <MissingOutputs problem={problem} onAddSteps={onAddSteps} />;
    case "InvalidSelectionError":
      return problem.suggestions.length === 0 ? null : (
        <p>Did you mean {problem.suggestions.map((one) => `“${one}”`).join(" or ")}?</p>
      );
    case "InvalidRunConfigError":
      return <ConfigProblems problems={problem.problems} />;
    case "IdempotencyConflictError":
      return problem.launchedBefore ? (
        <Link to="/runs/$runId" params={{ runId: problem.launchedBefore.id }} className="underline">
          To the run that was launched first
        </Link>
      ) : null;
    default:
      return null;
  }
}

type MissingOutputsProblem = Extract<LaunchProblem, { __typename: "MissingOutputsError" }>;

function MissingOutputs({
  problem,
  onAddSteps,
}: {
  problem: MissingOutputsProblem;
  onAddSteps: PlanProblemProps["onAddSteps"];
}) {
  return (
    <>
      <ul className="my-2 max-h-60 list-disc space-y-1 overflow-auto pl-5">
        {problem.missing.map((one) => (
          <li key={`${one.stepKey} ${one.inputName} ${one.upstreamStepKey} ${one.outputName}`}>
            <code className="font-mono text-sm">{one.stepKey}</code> needs {one.inputName} from{" "}
            <code className="font-mono text-sm">
              {one.upstreamStepKey}.{one.outputName}
            </code>
            : {one.why}
          </li>
        ))}
      </ul>
      {onAddSteps && problem.stepKeysToAdd.length > 0 && (
        <AddStepsButton stepKeys={problem.stepKeysToAdd} onAddSteps={onAddSteps} />
      )}
    </>
  );
}

function ConfigProblems({ problems }: { problems: readonly { path: string; message: string }[] }) {
  return (
    <ul className="mt-1 list-disc pl-5">
      {problems.map((one) => (
        <li key={`${one.path} ${one.message}`}>
          {one.path && <code className="font-mono text-sm">{one.path}: </code>}
          {one.message}
        </li>
      ))}
    </ul>
  );
}

const NAMED = 3;

interface AddStepsProps {
  stepKeys: readonly string[];
  onAddSteps: (stepKeys: readonly string[]) => void;
}

export function AddStepsButton({ stepKeys, onAddSteps }: AddStepsProps) {
  const named = stepKeys.length <= NAMED ? `: ${stepKeys.join(", ")}` : "";
  return (
    <Button
      size="sm"
      title={`Adds to the selection: ${stepKeys.slice(0, 40).join(", ")}${stepKeys.length > 40 ? ", …" : ""}`}
      className="max-w-full"
      onClick={() => onAddSteps(stepKeys)}
    >
      <span className="truncate">
        Add {steps(stepKeys.length)}
        {named}
      </span>
    </Button>
  );
}
