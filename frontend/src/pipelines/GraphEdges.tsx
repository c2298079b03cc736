// The edges of a graph; those of the open step stand out.
import { memo } from "react";
import type { GraphLayout } from "./graph-layout";
import { type Rectangle, touches } from "./graph-walk";

interface GraphEdgesProps {
  layout: GraphLayout;
  visible: Rectangle;
  openKey: string | null;
  /** Steps whose outputs bear no data: what follows them waits for them, and loads nothing. */
  orderOnlyKeys: ReadonlySet<string>;
}

export const GraphEdges = memo(function GraphEdges(props: GraphEdgesProps) {
  const { layout, visible, openKey, orderOnlyKeys } = props;
  const drawn = layout.edges.filter((edge) => touches(visible, edge));
  const isOpen = (edge: { from: string; to: string }) => edge.from === openKey || edge.to === openKey;
  return (
    <svg
      aria-hidden
      width={layout.width}
      height={layout.height}
      fill="none"
      className="pointer-events-none absolute inset-0 overflow-visible"
    >
      <defs>
        <Tip id="edge-tip" className="fill-line-strong" />
        <Tip id="open-edge-tip" className="fill-accent" />
      </defs>
      {drawn
        .toSorted((one, other) => Number(isOpen(one)) - Number(isOpen(other)))
        .map((edge) => (
          <path
            key={`${edge.from} ${edge.to}`}
            d={edge.path}
            className={isOpen(edge) ? "stroke-accent" : "stroke-line-strong"}
            strokeWidth={isOpen(edge) ? 2 : 1.25}
            strokeDasharray={orderOnlyKeys.has(edge.from) ? "5 4" : undefined}
            markerEnd={isOpen(edge) ? "url(#open-edge-tip)" : "url(#edge-tip)"}
          />
        ))}
    </svg>
  );
});

function Tip({ id, className }: { id: string; className: string }) {
  return (
    <marker
      id={id}
      viewBox="0 0 8 8"
      refX={7}
      refY={4}
      markerWidth={8}
      markerHeight={8}
      orient="auto"
      markerUnits="userSpaceOnUse"
    >
      <path d="M0 0L8 4L0 8Z" className={className} />
    </marker>
  );
}
