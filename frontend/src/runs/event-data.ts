// What an event tells beyond its message (pure).
import type { ErrorInfo } from "../shared/ErrorDetails";
import type { Json } from "../shared/graphql";

export interface EventDetails {
  error: ErrorInfo | null;
  /** Everything else, as JSON; null where that is nothing. */
  rest: string | null;
}

/** The message of a line of a log stands in its data too; it is not told twice. */
const IN_THE_ROW: ReadonlySet<string> = new Set(["message", "severity", "error"]);

export function eventDetails(data: Json): EventDetails {
  if (!isObject(data)) return { error: null, rest: null };
  const rest = Object.entries(data).filter(([name]) => !IN_THE_ROW.has(name));
  return {
    error: errorOf(data.error),
    rest: rest.length > 0 ? JSON.stringify(Object.fromEntries(rest), null, 2) : null,
  };
}

/** An error as events keep it, under the names of the record. */
function errorOf(json: Json | undefined): ErrorInfo | null {
  if (!isObject(json)) return null;
  return {
    className: textOf(json.class_name) ?? "Error",
    message: textOf(json.message) ?? "",
    traceback: textOf(json.traceback),
    cause: errorOf(json.cause),
  };
}

function textOf(json: Json | undefined): string | null {
  return typeof json === "string" ? json : null;
}

function isObject(json: Json | undefined): json is { [name: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
