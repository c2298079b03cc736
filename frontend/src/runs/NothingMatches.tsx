// A list that the filters have emptied: good news where one looked for what failed.
import { getRouteApi, Link } from "@tanstack/react-router";
import { buttonLook } from "../shared/Button";
import { EmptyState } from "../shared/EmptyState";

const route = getRouteApi("/");

export function NothingMatches() {
  const { unresolved, by, pipeline, status, tag } = route.useSearch();
  const isGoodNews = unresolved === true && status === undefined && tag === undefined;
  return (
    <div className="panel">
      <EmptyState
        title={isGoodNews ? "Nothing is left to mend" : "Nothing matches"}
        action={
          <Link to="/" search={by ? { by } : {}} className={buttonLook()}>
            {isGoodNews ? "Show all runs" : "Clear the filters"}
          </Link>
        }
      >
        {isGoodNews
          ? `Everything that failed${pipeline ? ` in ${pipeline}` : ""} has since been re-executed with success.`
          : "There are runs, but none as the filters ask for."}
      </EmptyState>
    </div>
  );
}
