// Code that does not load as it is edited now: told on every page, gone when it loads again.
import { FileWarning } from "lucide-react";
import { ErrorDetails } from "../shared/ErrorDetails";
import { useWorkers } from "../shared/use-workers";
import { codeProblems } from "./code-problems";

export function CodeProblems() {
  const problems = codeProblems(useWorkers() ?? []);
  return (
    <div aria-live="polite">
      {problems.map(({ error, where }) => (
        <section
          // The same problem stays open as workers come and go.
          key={error.traceback ?? error.message}
          aria-label="Code error"
          className="border-b border-failure-solid/40 bg-failure-soft px-3 py-2 sm:px-5"
        >
          <details className="mx-auto max-w-[110rem]">
            <summary className="flex items-center gap-2 text-failure-ink">
              <FileWarning aria-hidden size={16} className="shrink-0" />
              <span className="min-w-0 flex-1 truncate">
                <strong className="font-semibold">The code does not load{where && ` (${where})`}:</strong>{" "}
                {error.className}: {error.message}
              </span>
              <span className="hidden whitespace-nowrap text-sm sm:inline">
                The last good code is served. <span className="underline">Traceback</span>
              </span>
            </summary>
            <div className="panel mt-2 p-3 text-ink">
              <ErrorDetails error={error} />
            </div>
          </details>
        </section>
      ))}
    </div>
  );
}
