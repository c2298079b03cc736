// @vitest-environment node
import { describe, expect, it } from "vitest";
import { attemptText, missingInput } from "./attempt-words";

function failure(className: string, message = "") {
  return { status: "FAILURE", error: { className, message, traceback: null } };
}

describe("attemptText", () => {
  it.each([
    [{ status: "LOST", error: null }, null, "no failure of the step"],
    [{ status: "CANCELED", error: null }, null, "because the run was canceled"],
    [{ status: "CANCELED", error: null }, "operator/ann", "because operator/ann canceled the run"],
    [failure("StepProcessDiedError", "step process died: signal 9 (SIGKILL)"), null, "where memory runs out"],
    [failure("StepProcessDiedError", "step process died: signal 11 (SIGSEGV)"), null, "Native code crashed"],
    [failure("StepProcessDiedError", "step process died: exit code 3"), null, "os._exit"],
    [
      failure("StepProcessDiedError", "step process died: signal 15 (SIGTERM)"),
      null,
      "sent its process this signal",
    ],
    [
      failure("StepProcessDiedError", "step process died: signal 6 (SIGABRT) (its memory limit was 100 MiB)"),
      null,
      "gives the step more",
    ],
  ])("case %#", (attempt, canceledBy, said) => {
    expect(attemptText(attempt, canceledBy)).toContain(said);
  });

  it.each([
    failure("ValueError"),
    // Their own messages say what to do.
    failure("TimeLimitExceededError"),
    failure("WorkerLostError"),
    { status: "SUCCESS", error: null },
    { status: "RUNNING", error: null },
  ])("adds nothing where the error says it all, case %#", (attempt) => {
    expect(attemptText(attempt, null)).toBeNull();
  });
});

describe("missingInput", () => {
  const unavailableOutput = { runId: "r1", stepKey: "made", outputName: "result" };
  const gone = { className: "dalsegno.errors.OutputUnavailableError", message: "gone", traceback: null };
  const told = { message: "gone", stepKey: "made" };

  it("is found in the error, and in what caused it", () => {
    expect(missingInput({ ...gone, unavailableOutput })).toEqual(told);
    const cause = { ...gone, unavailableOutput };
    expect(missingInput({ className: "ValueError", message: "", traceback: null, cause })).toEqual(told);
  });

  it("is none of any other error", () => {
    expect(missingInput(null)).toBeNull();
    expect(missingInput(gone)).toBeNull();
  });
});
