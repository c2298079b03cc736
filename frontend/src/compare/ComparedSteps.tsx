// The steps of two runs, row by row; of thousands only those in sight are drawn.
import { getRouteApi } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useMemo, useRef } from "react";
import { useDraft } from "../selection/use-draft";
import { Button } from "../shared/Button";
import { FIELD } from "../shared/field";
import { useIsWide } from "../shared/use-is-wide";
import { COLUMNS, ComparedStepRow } from "./ComparedStepRow";
import type { ComparedStep } from "./compare-queries";
import type { CompareSearch } from "./compare-search";
import { differs, shownSteps } from "./differences";

const route = getRouteApi("/compare/$base/$other");

interface ComparedStepsProps {
  steps: readonly ComparedStep[];
  baseId: string;
  otherId: string;
}

export function ComparedSteps({ steps, baseId, otherId }: ComparedStepsProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (changed: { [Name in keyof CompareSearch]?: CompareSearch[Name] | undefined }) =>
    void navigate({
      search: (old) => ({ ...old, ...changed }) as CompareSearch,
      replace: true,
      resetScroll: false,
    });
  const [part, changePart] = useDraft(search.step ?? "", (step) => change({ step: step || undefined }));
  const onlyDifferences = search.show === "differences";
  const wanted = useDeferredValue(part);
  const shown = useMemo(
    () => shownSteps(steps, { onlyDifferences, part: wanted }),
    [steps, onlyDifferences, wanted],
  );
  const different = useMemo(() => steps.filter(differs).length, [steps]);
  return (
    <section aria-labelledby="compared-steps" className="panel">
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <h2 id="compared-steps" className="mr-auto font-semibold">
          Steps
        </h2>
        <input
          type="search"
          aria-label="Find a step"
          placeholder="Find a step"
          value={part}
          onChange={(event) => changePart(event.target.value)}
          className={`${FIELD} h-7 w-44 text-sm`}
        />
        <Button
          size="sm"
          aria-pressed={onlyDifferences}
          className="aria-pressed:border-accent aria-pressed:bg-accent-soft"
          onClick={() => change({ show: onlyDifferences ? undefined : "differences" })}
        >
          Differences only <span data-numeric>({different.toLocaleString("en")})</span>
        </Button>
      </header>
      {shown.length === 0 ? (
        <p className="px-4 py-8 text-center text-muted">
          {wanted !== "" ? `No step's name holds “${wanted}”.` : "No step differs."}
        </p>
      ) : (
        <Rows steps={shown} baseId={baseId} otherId={otherId} />
      )}
    </section>
  );
}

function Rows({ steps, baseId, otherId }: ComparedStepsProps) {
  const box = useRef<HTMLDivElement>(null);
  const isWide = useIsWide();
  const rowPx = isWide ? 36 : 76;
  const virtualizer = useVirtualizer({
    count: steps.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: 10,
  });
  return (
    <div ref={box} className="max-h-[70vh] overflow-y-auto overflow-x-hidden">
      <div
        aria-hidden
        className={`${COLUMNS} sticky top-0 z-10 hidden border-b border-line bg-surface px-4 text-xs leading-7 text-muted md:grid`}
      >
        {["Step", "Base", "Other", "Longer by", "Outputs", "What changed"].map((title) => (
          <span key={title}>{title}</span>
        ))}
      </div>
      <ol aria-label="Steps of both runs" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const step = steps[index];
          return (
            step && (
              <ComparedStepRow
                key={step.stepKey}
                step={step}
                place={{ index, count: steps.length, top: start, height: rowPx }}
                baseId={baseId}
                otherId={otherId}
              />
            )
          );
        })}
      </ol>
    </div>
  );
}
