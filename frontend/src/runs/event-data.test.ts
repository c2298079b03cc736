// @vitest-environment node
import { expect, it } from "vitest";
import { eventDetails } from "./event-data";

it("tells an error with its causes", () => {
  const cause = { class_name: "KeyError", message: "'season'", traceback: "Traceback of the cause" };
  const data = { error: { class_name: "ValueError", message: "no season", traceback: "Traceback", cause } };
  expect(eventDetails(data)).toEqual({
    error: {
      className: "ValueError",
      message: "no season",
      traceback: "Traceback",
      cause: { className: "KeyError", message: "'season'", traceback: "Traceback of the cause", cause: null },
    },
    rest: null,
  });
});

it("tells everything else as JSON", () => {
  expect(eventDetails({ output: { name: "result", size_bytes: 216 } })).toEqual({
    error: null,
    rest: '{\n  "output": {\n    "name": "result",\n    "size_bytes": 216\n  }\n}',
  });
});

it("tells a line of a log only once", () => {
  expect(eventDetails({ severity: "INFO", message: "398 rows" })).toEqual({ error: null, rest: null });
});
