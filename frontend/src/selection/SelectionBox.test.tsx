// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, expect, it } from "vitest";
import { SelectionBox } from "./SelectionBox";
import type { SelectionAnswer } from "./use-selection";
import { vocabularyOf } from "./vocabulary";

const KEYS = ["load", "train", "test", "analyses"];
const TSET: SelectionAnswer = {
  kind: "error",
  message: "No step is named 'tset'. Did you mean 'test'?",
  start: 6,
  end: 10,
  suggestions: ["test"],
};

/** Keeps the text as a page does: it comes back a little later. */
function Page({ first = "", answer = { kind: "none" } }: { first?: string; answer?: SelectionAnswer }) {
  const [text, setText] = useState(first);
  return (
    <SelectionBox
      text={text}
      onChange={(changed) => setTimeout(() => setText(changed), 5)}
      answer={answer}
      vocabulary={vocabularyOf(KEYS, [], true)}
      whenEmpty="No step selected."
    />
  );
}

function box(): HTMLInputElement {
  return screen.getByRole("textbox", { name: "Step selection" });
}

afterEach(cleanup);

it("loses no letter while what is typed comes back late", async () => {
  render(<Page />);
  await userEvent.setup().type(box(), "train+, *test");
  expect(box().value).toBe("train+, *test");
});

it("completes a step's name by keyboard", async () => {
  const user = userEvent.setup();
  render(<Page />);
  await user.type(box(), "load, te");
  expect(screen.getAllByRole("option").map((option) => option.textContent)).toEqual(["test"]);
  await user.keyboard("{ArrowDown}");
  expect(box().getAttribute("aria-activedescendant")).toBe(screen.getByRole("option", { selected: true }).id);
  await user.keyboard("{Enter}");
  expect(box().value).toBe("load, test");
  expect(box().selectionStart).toBe(10);
});

it("shows what operators do, and takes the one that is clicked", async () => {
  const user = userEvent.setup();
  render(<Page />);
  await user.type(box(), "train");
  await user.click(screen.getByRole("option", { name: /and everything downstream/ }));
  expect(box().value).toBe("train*");
  expect(document.activeElement).toBe(box());
});

it("leaves what was typed alone where no suggestion was chosen", async () => {
  const user = userEvent.setup();
  render(<Page />);
  await user.type(box(), "tr{Enter}");
  expect(box().value).toBe("tr");
  await user.type(box(), "a{Escape}");
  expect(screen.queryByRole("option")).toBeNull();
  expect(box().value).toBe("tra");
});

it("says what is wrong, and mends it by a click", async () => {
  render(<Page first="load, tset*" answer={TSET} />);
  expect(box().getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByText(/No step is named 'tset'./)).toBeTruthy();
  await userEvent.setup().click(screen.getByRole("button", { name: "test" }));
  expect(box().value).toBe("load, test*");
});

it.each<[SelectionAnswer, string]>([
  [{ kind: "none" }, "No step selected."],
  [{ kind: "keys", stepKeys: ["load", "train"] }, "2 of 4 steps"],
])("tells what is picked: case %#", (answer, said) => {
  render(<Page answer={answer} />);
  expect(screen.getByText(said)).toBeTruthy();
});

it("clears the selection", async () => {
  render(<Page first="train" answer={{ kind: "keys", stepKeys: ["train"] }} />);
  await userEvent.setup().click(screen.getByRole("button", { name: "Clear the selection" }));
  expect(box().value).toBe("");
});
