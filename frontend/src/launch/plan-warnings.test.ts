import { expect, it } from "vitest";
import type { PlanWarning } from "./plan-fields";
import { stalenessOf, type WarningKind, warningGroups } from "./plan-warnings";

function warning(kind: WarningKind, ...stepKeysToAdd: string[]): PlanWarning {
  return { kind, stepKey: null, message: `${kind} ${stepKeysToAdd.join(" ")}`, stepKeysToAdd };
}

const MANY = [
  warning("NO_WORKER"),
  warning("ORDER_ONLY_UPSTREAM_UNSETTLED", "a"),
  warning("ORDER_ONLY_UPSTREAM_UNSETTLED", "a", "b"),
  warning("STALE", "c"),
  warning("CODE_CHANGED", "c", "d"),
];

it("puts warnings of one kind together, the weightiest first, each step to add once", () => {
  expect(
    warningGroups(MANY).map(
      ({ kind, messages, stepKeysToAdd }) => `${kind} ${messages.length}: ${stepKeysToAdd.join(" ")}`,
    ),
  ).toEqual(["STALE 1: c", "CODE_CHANGED 1: c d", "ORDER_ONLY_UPSTREAM_UNSETTLED 2: a b", "NO_WORKER 1: "]);
});

it("shows a kind that is not known yet in its own words", () => {
  const [group] = warningGroups([warning("SOMETHING_NEW" as WarningKind)]);
  expect(group?.messages).toEqual(["SOMETHING_NEW "]);
});

it("finds the steps that would be reused though they are stale", () => {
  expect(stalenessOf(MANY)).toEqual(["c", "d"]);
});
