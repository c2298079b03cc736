// The runs at the top of the grid: those of one group together, each a link to its page.
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { StatusMark } from "../shared/StatusTag";
import { RUN_STATUS } from "../shared/status";
import { SOFT } from "../shared/tone";
import type { GridGroup, GridRun } from "./grid-layout";
import { launchWords, runName } from "./grid-words";
import type { GridFocus } from "./use-grid-focus";

interface GridColumnHeadsProps {
  groups: readonly GridGroup[];
  namesWidth: string;
  focus: GridFocus;
}

export function GridColumnHeads({ groups, namesWidth, focus }: GridColumnHeadsProps) {
  let column = 0;
  return (
    <thead className="sticky top-0 z-20 bg-surface">
      <tr aria-rowindex={1} className="h-[4.5rem]">
        <th
          scope="col"
          className="sticky left-0 z-10 border-r border-b border-line bg-surface px-3 pb-1.5 text-left align-bottom font-normal text-muted"
          style={{ minWidth: namesWidth, maxWidth: namesWidth }}
        >
          <span className="font-sans text-xs">Step</span>
        </th>
        {groups.flatMap(({ runs }) =>
          runs.map((run, nth) => {
            column += 1;
            return <ColumnHead key={run.id} run={run} isFirst={nth === 0} column={column} focus={focus} />;
          }),
        )}
      </tr>
    </thead>
  );
}

interface ColumnHeadProps {
  run: GridRun;
  /** Of its group, as far as that is shown. */
  isFirst: boolean;
  column: number;
  focus: GridFocus;
}

function ColumnHead({ run, isFirst, column, focus }: ColumnHeadProps) {
  const name = runName(run);
  const { day, time } = launchWords(run);
  const look = RUN_STATUS[run.status];
  return (
    <th
      scope="col"
      aria-colindex={column + 1}
      className={clsx(
        "border-b border-line p-0 align-bottom font-normal",
        isFirst && column > 1 && "border-l",
      )}
    >
      <Link
        to="/runs/$runId"
        params={{ runId: run.id }}
        aria-label={name}
        title={name}
        data-cell={`0,${column}`}
        tabIndex={focus.isAt(0, column) ? 0 : -1}
        onFocus={() => focus.onFocus(0, column)}
        className="flex h-full min-w-11 flex-col items-center justify-end gap-1 pb-1.5 font-sans text-xs leading-4 text-muted hover:bg-hover focus-visible:-outline-offset-2"
      >
        <span data-numeric className="whitespace-nowrap text-center">
          {isFirst && (
            <>
              {day}
              <br />
            </>
          )}
          {time}
        </span>
        <span className={clsx("rounded-full p-1", SOFT[look.tone])}>
          <StatusMark look={look} size={12} />
        </span>
      </Link>
    </th>
  );
}
