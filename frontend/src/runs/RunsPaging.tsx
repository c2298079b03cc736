// How many there are, and the way to older and newer ones.
import { getRouteApi, Link, useLocation } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { buttonLook } from "../shared/Button";
import { countText } from "./runs-rows";

const route = getRouteApi("/");

interface RunsPagingProps {
  totalCount: number;
  next: string | null;
}

export function RunsPaging({ totalCount, next }: RunsPagingProps) {
  const { after, ...filters } = route.useSearch();
  // Cursors only lead on: by which pages one came is kept beside the address.
  const passed = useLocation({ select: ({ state }) => state.passedPages ?? [] });
  const previous = passed.at(-1);
  return (
    <nav aria-label="Pages of the list" className="flex flex-wrap items-center justify-between gap-2">
      <p className="text-sm text-muted">{countText(totalCount, filters.by === "run" ? "run" : "group")}</p>
      <div className="flex gap-2">
        {after !== undefined && (
          <Link
            to="/"
            search={previous ? { ...filters, after: previous } : filters}
            state={{ passedPages: passed.slice(0, -1) }}
            className={buttonLook("secondary", "sm")}
          >
            <ChevronLeft aria-hidden size={14} /> {passed.length > 0 ? "Newer" : "Newest"}
          </Link>
        )}
        {next !== null && (
          <Link
            to="/"
            search={{ ...filters, after: next }}
            state={{ passedPages: [...passed, after ?? ""] }}
            className={buttonLook("secondary", "sm")}
          >
            Older <ChevronRight aria-hidden size={14} />
          </Link>
        )}
      </div>
    </nav>
  );
}

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The cursors of the pages before this one; the first page has none, so "". */
    passedPages?: string[];
  }
}
