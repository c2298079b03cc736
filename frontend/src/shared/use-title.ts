// What the browser's tab says.
import { useEffect } from "react";

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Dalsegno" : `${title} · Dalsegno`;
  }, [title]);
}
