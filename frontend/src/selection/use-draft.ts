// A text that is edited here and kept elsewhere, such as in the address, which follows a little later.
import { useEffect, useRef, useState } from "react";

/** What to show, and how to change it. A change made elsewhere is taken over; the echo of an own one is not. */
export function useDraft(text: string, onChange: (text: string) => void): [string, (text: string) => void] {
  const [draft, setDraft] = useState(text);
  const sent = useRef<string[]>([]);

  useEffect(() => {
    const echoed = sent.current.indexOf(text);
    sent.current = echoed < 0 ? [] : sent.current.slice(echoed + 1);
    if (echoed < 0) setDraft(text);
  }, [text]);

  function change(changed: string): void {
    sent.current.push(changed);
    setDraft(changed);
    onChange(changed);
  }
  return [draft, change];
}
