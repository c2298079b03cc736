// Ctrl- or Cmd-Enter, wherever the focus is.
import { useEffect, useRef } from "react";

export function useSubmitKey(onSubmit: () => void): void {
  const latest = useRef(onSubmit);
  latest.current = onSubmit;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
