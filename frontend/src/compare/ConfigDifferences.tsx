// Where the run configs of two runs differ.
import type { Json } from "../shared/graphql";
import { configChanges } from "./differences";

export function ConfigDifferences({ configDiff }: { configDiff: Json }) {
  const changes = configChanges(configDiff);
  if (changes.length === 0) return null;
  return (
    <section aria-labelledby="config-differences" className="panel">
      <h2 id="config-differences" className="border-b border-line px-4 py-2 font-semibold">
        Config
      </h2>
      <section
        aria-label="Differences of the config"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        className="max-h-64 overflow-auto px-4 py-2"
      >
        <table className="w-full text-left text-sm [&_td]:py-1 [&_td]:pr-4 [&_th]:py-1 [&_th]:pr-4">
          <thead className="text-xs text-muted">
            <tr>
              <th scope="col" className="font-normal">
                At
              </th>
              <th scope="col" className="font-normal">
                Base
              </th>
              <th scope="col" className="font-normal">
                Other
              </th>
            </tr>
          </thead>
          <tbody className="align-top font-mono text-xs [overflow-wrap:anywhere]">
            {changes.map(({ path, base, other }) => (
              <tr key={path}>
                <th scope="row" className="font-normal">
                  {path || "/"}
                </th>
                <td>{base ?? <Absent />}</td>
                <td>{other ?? <Absent />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Absent() {
  return <span className="font-sans text-muted">not given</span>;
}
