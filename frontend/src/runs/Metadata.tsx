// An output's metadata: a small table, images among its values.
import type { Json } from "../shared/graphql";
import { ScrolledText } from "../shared/ScrolledText";
import { type MetadataView, metadataView } from "./metadata";

export function Metadata({ metadata, of }: { metadata: Json; of: string }) {
  const entries =
    typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)
      ? Object.entries(metadata)
      : [];
  if (entries.length === 0) return null;
  return (
    <table aria-label={`Metadata of ${of}`} className="w-full table-fixed border-collapse text-sm">
      <tbody>
        {entries.map(([name, value]) => (
          <MetadataRow key={name} name={name} view={metadataView(value)} />
        ))}
      </tbody>
    </table>
  );
}

/** What is short stands beside its name, what is large below it. */
function MetadataRow({ name, view }: { name: string; view: MetadataView }) {
  const isLarge = view.kind === "image" || view.kind === "long";
  const nameCell = (
    <th
      scope="row"
      colSpan={isLarge ? 2 : 1}
      className="w-2/5 pt-1 pr-3 text-left font-normal text-muted [overflow-wrap:anywhere]"
    >
      {name}
    </th>
  );
  const valueCell = (
    <td colSpan={isLarge ? 2 : 1} className="py-1 [overflow-wrap:anywhere]">
      <Value name={name} view={view} />
    </td>
  );
  if (!isLarge) {
    return (
      <tr className="border-t border-line align-top">
        {nameCell}
        {valueCell}
      </tr>
    );
  }
  return (
    <>
      <tr className="border-t border-line">{nameCell}</tr>
      <tr>{valueCell}</tr>
    </>
  );
}

function Value({ name, view }: { name: string; view: MetadataView }) {
  switch (view.kind) {
    case "image":
      return (
        <img
          src={view.source}
          alt={name}
          className="max-h-96 max-w-full rounded-md border border-line bg-[#fff]"
        />
      );
    case "link":
      return (
        <a href={view.address} target="_blank" rel="noreferrer" className="text-accent hover:underline">
          {view.address}
        </a>
      );
    case "long":
      return <ScrolledText label={name} text={view.text} className="max-h-60" />;
    case "short":
      return (
        <span data-numeric className="font-medium">
          {view.text}
        </span>
      );
  }
}
