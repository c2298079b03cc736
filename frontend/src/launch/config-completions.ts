// Which names may stand where the cursor is, by the config's schema.
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { Json } from "../shared/graphql";
import { propertiesAt } from "./config-schema";

export function propertyCompletions(context: CompletionContext, schema: Json): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const typed = /^(\s*)([\w.[\]-]*)$/.exec(before);
  if (!typed || (!context.explicit && typed[2] === "")) return null;
  const indent = typed[1]?.length ?? 0;
  const above = context.state.doc.sliceString(0, line.from).split("\n");
  return {
    from: line.from + indent,
    options: propertiesAt(schema, namesAbove(above, indent)).map(({ name, note }) => ({
      label: name,
      detail: note,
      apply: `${name}: `,
      type: "property",
    })),
  };
}

/** The names that a line of this indent stands under, outermost first. */
export function namesAbove(lines: readonly string[], indent: number): string[] {
  const names: string[] = [];
  let within = indent;
  for (const line of [...lines].reverse()) {
    const name = /^(\s*)("[^"]*"|[^\s#"][^:#]*):\s*(#.*)?$/.exec(line);
    if (!name || name[1] === undefined || name[2] === undefined || name[1].length >= within) continue;
    within = name[1].length;
    names.unshift(name[2].replaceAll('"', "").trim());
  }
  return names;
}
