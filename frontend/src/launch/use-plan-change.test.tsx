// @vitest-environment jsdom
import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { drawn } from "./plan-drawing";
import type { Plan } from "./plan-fields";
import { usePlanChange } from "./use-plan-change";

interface Shown {
  asked: object;
  plan: Plan | null;
}

function looking(first: Shown) {
  const hook = renderHook(({ asked, plan }: Shown) => usePlanChange(asked, plan), { initialProps: first });
  return {
    told: () => hook.result.current[0],
    dismiss: () => act(() => hook.result.current[1]()),
    show: (asked: object, plan: Plan | null) => hook.rerender({ asked, plan }),
  };
}

it("tells that the plan has changed, though the same was asked", () => {
  const { told, show, dismiss } = looking({ asked: { strategy: "FROM_FAILURE" }, plan: drawn("a:r b:x") });
  expect(told()).toBeNull();
  // While it is asked again there is none.
  show({ strategy: "FROM_FAILURE" }, null);
  show({ strategy: "FROM_FAILURE" }, drawn("a:x b:x"));
  expect(told()).toBe("It now executes a.");
  dismiss();
  expect(told()).toBeNull();
});

it("tells nothing where the same plan comes again, or another was asked for", () => {
  const { told, show } = looking({ asked: { strategy: "FROM_FAILURE" }, plan: drawn("a:r b:x") });
  show({ strategy: "FROM_FAILURE" }, drawn("a:r b:x"));
  expect(told()).toBeNull();
  show({ strategy: "ALL_STEPS" }, drawn("a:x b:x"));
  expect(told()).toBeNull();
});
