// The editor of a run config. Tab leaves it, so that nobody is caught in it.
import { autocompletion } from "@codemirror/autocomplete";
import { yaml } from "@codemirror/lang-yaml";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import clsx from "clsx";
import { useEffect, useRef } from "react";
import type { ConfigFieldProps } from "./ConfigField";
import { propertyCompletions } from "./config-completions";
import { editorBasics } from "./editor-basics";

type ConfigEditorProps = Omit<ConfigFieldProps, "text"> & { text: string };

export function ConfigEditor(props: ConfigEditorProps) {
  const { text, problems, className } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    if (!place.current) return;
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: latest.current.text,
        extensions: [
          // Launches, as everywhere on the page; here it would add a line.
          keymap.of([{ key: "Mod-Enter", run: () => true }]),
          editorBasics,
          yaml(),
          lintGutter(),
          autocompletion({ override: [(context) => propertyCompletions(context, latest.current.schema)] }),
          EditorView.contentAttributes.of({ "aria-label": "Run config", tabindex: "0", spellcheck: "false" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const end = editor.state.doc.length;
    const diagnostics = problems.map(({ from, to, message }) => ({
      from: Math.min(from, end),
      to: Math.min(to, end),
      message,
      severity: "error" as const,
    }));
    editor.dispatch(setDiagnostics(editor.state, diagnostics));
  }, [problems]);

  return (
    <div
      ref={place}
      className={clsx(
        "overflow-hidden rounded-md border border-line-strong/60 has-[.cm-focused]:outline-2 has-[.cm-focused]:outline-accent",
        className,
      )}
    />
  );
}
